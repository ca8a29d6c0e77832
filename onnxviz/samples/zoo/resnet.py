"""Residual networks (He et al., 2015, https://arxiv.org/abs/1512.03385), with torchvision's layout."""

from __future__ import annotations

from torch import Tensor, nn


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution without bias, and the batch normalization that follows it."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv_norm(inputs, width, 3, stride), nn.ReLU(), conv_norm(width, width, 3))
        self.downsample = shortcut(inputs, width, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.body(x) + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1 down, 3x3, 1x1 up, around a shortcut."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.body = nn.Sequential(
            conv_norm(inputs, width, 1),
            nn.ReLU(),
            conv_norm(width, width, 3, stride),
            nn.ReLU(),
            conv_norm(width, outputs, 1),
        )
        self.downsample = shortcut(inputs, outputs, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.body(x) + self.downsample(x))


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """The identity, or a 1x1 projection where the shape changes."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return conv_norm(inputs, outputs, 1, stride)


class ResNet(nn.Module):
    """A stem, four stages that halve the image and double the channels, and a classifier."""

    def __init__(
        self, block: type[BasicBlock | Bottleneck], blocks: tuple[int, ...], width: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, width, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1))
        channels, stages = width, []
        for stage, count in enumerate(blocks):
            rows: list[nn.Module] = []
            for i in range(count):
                stride = 2 if stage > 0 and i == 0 else 1
                rows.append(block(channels, width << stage, stride))
                channels = (width << stage) * block.expansion
            stages.append(nn.Sequential(*rows))
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.stages(self.stem(x))).flatten(1))


def resnet18(width: int) -> nn.Module:
    """float[batch, 3, size, size] -> float[batch, 1000]; the paper's `width` is 64."""
    return ResNet(BasicBlock, (2, 2, 2, 2), width, classes=1000)


def resnet50(width: int) -> nn.Module:
    """float[batch, 3, size, size] -> float[batch, 1000]; the paper's `width` is 64."""
    return ResNet(Bottleneck, (3, 4, 6, 3), width, classes=1000)
