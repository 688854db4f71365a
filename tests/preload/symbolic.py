# SPDX-License-Identifier: LGPL-2.1-or-later
#
# symbolic.py LIBRARY COPY: a copy of a library as if it had been linked with
# -Bsymbolic: DF_SYMBOLIC is set in its DT_FLAGS. Fails if it has none, or is
# not for 64 bits.

import struct
import sys

DT_NULL, DT_FLAGS, DF_SYMBOLIC, PT_DYNAMIC = 0, 30, 2, 2
source, target = sys.argv[1:]
elf = bytearray(open(source, "rb").read())
if elf[:6] != b"\x7fELF\x02\x01":
    sys.exit("not for 64 bits, little endian")
headers, = struct.unpack_from("<Q", elf, 32)
count, = struct.unpack_from("<H", elf, 56)
for at in range(headers, headers + 56 * count, 56):
    kind, offset = struct.unpack_from("<I4xQ", elf, at)
    while kind == PT_DYNAMIC:
        tag, value = struct.unpack_from("<QQ", elf, offset)
        if tag == DT_NULL:
            break
        if tag == DT_FLAGS:
            struct.pack_into("<Q", elf, offset + 8, value | DF_SYMBOLIC)
            open(target, "wb").write(elf)
            sys.exit(0)
        offset += 16
sys.exit("no DT_FLAGS")
