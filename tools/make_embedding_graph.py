"""Writes the computation of the built-in embedding model, without its weights, as ONNX graphs.

    pip install onnx==1.23.2 onnxscript==0.7.2
    python tools/make_embedding_graph.py

Two files beside ``journeys/embedding/onnx.py``: the model in fp32, and with its products in int8
(weights per column, activations per call). The weights stay in the one safetensors file that is
pinned by its hash: the graphs name its tensors, and the embedder hands them over as it loads. So a
graph is small enough to keep with the code, and nothing is converted on a user's machine.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from journeys.embedding.built_in import built_in_folder  # noqa: E402

FOLDER = ROOT / "journeys" / "embedding"

#: Tensors of fewer numbers are constants of the computation, and stay in the graph.
WEIGHT = 64


def is_weight(tensor: onnx.TensorProto) -> bool:
    """Whether a tensor is a weight, or made from one."""
    whole = tensor.data_type == onnx.TensorProto.INT8 and tensor.name.endswith("_quantized")
    real = tensor.data_type == onnx.TensorProto.FLOAT
    return whole or (real and np.prod(tensor.dims) > WEIGHT)


class _Tokens(torch.nn.Module):
    """Token ids of texts of one length to a vector for each token.

    Pooling is left to the embedder: ONNX Runtime adds up in another order where a batch has one
    text, so the last bits would differ.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.transformer = model[0]

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        given = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
        return self.transformer(given)["token_embeddings"]


def exported(folder: Path) -> onnx.ModelProto:
    """The model as torch exports it, weights included."""
    model = SentenceTransformer(
        str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}
    ).eval()
    ids = torch.ones(2, 8, dtype=torch.long)
    shape = {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", max=512)}
    program = torch.onnx.export(
        _Tokens(model),
        (ids,),
        input_names=["input_ids"],
        output_names=["tokens"],
        dynamic_shapes=(shape,),
        dynamo=True,
    )
    return program.model_proto


def named_after(model: onnx.ModelProto, weights: dict[str, np.ndarray]) -> None:
    """Give each weight its name in the safetensors file, with ``.T`` where it is transposed."""
    known = {(value.shape, value.tobytes()): name for name, value in weights.items()}
    known |= {
        (value.T.shape, np.ascontiguousarray(value.T).tobytes()): f"{name}.T"
        for name, value in weights.items()
        if value.ndim == 2
    }
    new = {}
    for tensor in model.graph.initializer:
        if is_weight(tensor):
            value = numpy_helper.to_array(tensor)
            new[tensor.name] = known[value.shape, value.tobytes()]
            tensor.name = new[tensor.name]
    if len(set(new.values())) != len(new):
        raise SystemExit("Two weights are equal, so they cannot be told apart.")
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = new.get(name, name)


def without_weights(model: onnx.ModelProto) -> None:
    """Leave the weights' names, types and shapes, and take their contents away."""
    for tensor in model.graph.initializer:
        if not is_weight(tensor):
            continue
        for field in ("raw_data", "float_data", "int32_data"):
            tensor.ClearField(field)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        del tensor.external_data[:]
        tensor.external_data.add(key="location", value="model.safetensors")
    del model.metadata_props[:]
    model.graph.ClearField("value_info")
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""


def main() -> None:
    """Write both graphs."""
    folder = built_in_folder()
    model = exported(folder)
    named_after(model, load_file(folder / "model.safetensors"))
    with tempfile.TemporaryDirectory() as scratch:
        full, small = Path(scratch, "full.onnx"), Path(scratch, "small.onnx")
        onnx.save(model, full)
        quantize_dynamic(
            full,
            small,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
        )
        quantized = onnx.load(small)
    for name, graph in (("fp32", model), ("int8", quantized)):
        without_weights(graph)
        path = FOLDER / f"graph-{name}.onnx"
        onnx.save(graph, path)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
