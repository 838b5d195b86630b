"""Flushing of subnormal numbers to zero inside a Numba kernel: traces that decay for seconds would slow it tenfold."""

from __future__ import annotations

import platform

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

FLUSH_X86 = 0x8040  # MXCSR: flush results to zero, read operands as zero
FLUSH_ARM = 1 << 24  # FPCR: flush to zero


@intrinsic
def flush_denormals(typing_context):
    """Set the floating-point unit of the calling thread to flush subnormal numbers to zero."""
    machine = platform.machine().lower()

    def x86(context, builder, signature, arguments):
        pointer = builder.alloca(ir.IntType(32))
        builder.store(ir.Constant(ir.IntType(32), 0x1F80 | FLUSH_X86), pointer)
        function = builder.module.declare_intrinsic(
            "llvm.x86.sse.ldmxcsr", (), ir.FunctionType(ir.VoidType(), [ir.PointerType(ir.IntType(8))])
        )
        builder.call(function, [builder.bitcast(pointer, ir.PointerType(ir.IntType(8)))])
        return context.get_dummy_value()

    def arm(context, builder, signature, arguments):
        function = builder.module.declare_intrinsic(
            "llvm.aarch64.set.fpcr", (), ir.FunctionType(ir.VoidType(), [ir.IntType(64)])
        )
        builder.call(function, [ir.Constant(ir.IntType(64), FLUSH_ARM)])
        return context.get_dummy_value()

    def leave(context, builder, signature, arguments):
        return context.get_dummy_value()

    generate = x86 if machine in ("x86_64", "amd64") else arm if machine in ("aarch64", "arm64") else leave
    return types.void(), generate
