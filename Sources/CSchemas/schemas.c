// Gatehouse. SPDX-License-Identifier: Apache-2.0

#include "CSchemas.h"

static const unsigned char common[] = {
#embed "../../schemas/common.json"
};
static const unsigned char config[] = {
#embed "../../schemas/config.json"
};
static const unsigned char errors[] = {
#embed "../../schemas/errors.json"
};
static const unsigned char ping[] = {
#embed "../../schemas/ping.json"
};
static const unsigned char scanFile[] = {
#embed "../../schemas/scanFile.json"
};
static const unsigned char status[] = {
#embed "../../schemas/status.json"
};
static const unsigned char tokenStatus[] = {
#embed "../../schemas/tokenStatus.json"
};

static const struct gatehouse_schema schemas[] = {
    {"common.json", common, sizeof common},
    {"config.json", config, sizeof config},
    {"errors.json", errors, sizeof errors},
    {"ping.json", ping, sizeof ping},
    {"scanFile.json", scanFile, sizeof scanFile},
    {"status.json", status, sizeof status},
    {"tokenStatus.json", tokenStatus, sizeof tokenStatus},
};

static const size_t count = sizeof schemas / sizeof schemas[0];

size_t gatehouse_schema_count(void) { return count; }

struct gatehouse_schema gatehouse_schema_at(size_t index) { return schemas[index < count ? index : count - 1]; }
