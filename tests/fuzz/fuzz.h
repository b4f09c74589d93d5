/* fuzz.h - a fuzz target takes any bytes, and aborts where a property does not hold. */
#pragma once

#include "common/attr.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* always 0 */
