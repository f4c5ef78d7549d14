// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stddef.h>

#pragma clang assume_nonnull begin

// A file of schemas/, as it was when the program was compiled.
struct gatehouse_schema {
    // Its name in that folder, for example "scanFile.json".
    const char *name;
    // Its bytes, not ended by a NUL.
    const unsigned char *bytes;
    size_t length;
};

// How many files are compiled in.
size_t gatehouse_schema_count(void);

// One of them; the last one for an index beyond the end.
struct gatehouse_schema gatehouse_schema_at(size_t index);

#pragma clang assume_nonnull end
