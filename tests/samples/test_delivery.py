"""A sample on its way from a worker into the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.delivery import receive, waiting
from onnxviz.errors import BadUsage, ExportFailed, RefusedFile
from onnxviz.samples.delivery import Delivery, export_into_store
from onnxviz.samples.options import ExportOptions
from onnxviz.store import DEFAULT_CAP, Store


def leftovers(store: Store) -> list[Path]:
    return list(store.root.glob(".tmp-*"))


def delivered(store: Store) -> Delivery:
    return export_into_store("affine", ExportOptions(), "Two and three", store.root, DEFAULT_CAP)


def test_a_delivery_is_received_once_and_any_number_of_times(tmp_path):
    store = Store(tmp_path)
    delivery = delivered(store)
    assert waiting(store, delivery.model)
    assert delivery.model.digest not in store, "a worker does not know what may be evicted"
    model = receive(store, delivery.model)
    assert model.name == "Two and three"
    assert Path(model.path) == store.path(model.digest)
    assert receive(store, delivery.model) == model
    assert waiting(store, delivery.model)
    assert leftovers(store) == []
    store.release(model.digest)
    store.release(model.digest)
    with pytest.raises(BadUsage, match="is not held"):
        store.release(model.digest)


def test_the_same_export_twice_is_one_entry(tmp_path):
    store = Store(tmp_path)
    first, second = delivered(store), delivered(store)
    assert receive(store, first.model).digest == receive(store, second.model).digest
    assert len(store.digests()) == 1
    assert leftovers(store) == []


def test_a_delivery_that_is_gone_is_refused_and_not_waited_for(tmp_path):
    store = Store(tmp_path / "one")
    delivery = delivered(store)
    other = Store(tmp_path / "two")
    Path(delivery.model.path).unlink()
    Path(delivery.model.path).parent.rmdir()
    assert not waiting(other, delivery.model)
    with pytest.raises(RefusedFile, match="no longer in the store"):
        receive(other, delivery.model)


def test_a_failed_export_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(ExportFailed, match="opset 14"):
        export_into_store(
            "decoder",
            ExportOptions(exporter="torchscript", opset=7, settings={"depth": 1}),
            "Decoder",
            store.root,
            DEFAULT_CAP,
        )
    assert leftovers(store) == []
