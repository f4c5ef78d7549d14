// Gatehouse. SPDX-License-Identifier: Apache-2.0

#include "CSchemas.h"

static const unsigned char callAgent[] = {
#embed "../../schemas/callAgent.json"
};
static const unsigned char callServer[] = {
#embed "../../schemas/callServer.json"
};
static const unsigned char closeGateway[] = {
#embed "../../schemas/closeGateway.json"
};
static const unsigned char common[] = {
#embed "../../schemas/common.json"
};
static const unsigned char config[] = {
#embed "../../schemas/config.json"
};
static const unsigned char drain[] = {
#embed "../../schemas/drain.json"
};
static const unsigned char errors[] = {
#embed "../../schemas/errors.json"
};
static const unsigned char findHosts[] = {
#embed "../../schemas/findHosts.json"
};
static const unsigned char getFile[] = {
#embed "../../schemas/getFile.json"
};
static const unsigned char listGateways[] = {
#embed "../../schemas/listGateways.json"
};
static const unsigned char listSecondaries[] = {
#embed "../../schemas/listSecondaries.json"
};
static const unsigned char metrics[] = {
#embed "../../schemas/metrics.json"
};
static const unsigned char ping[] = {
#embed "../../schemas/ping.json"
};
static const unsigned char policyExplain[] = {
#embed "../../schemas/policyExplain.json"
};
static const unsigned char prepareGateway[] = {
#embed "../../schemas/prepareGateway.json"
};
static const unsigned char putFile[] = {
#embed "../../schemas/putFile.json"
};
static const unsigned char reload[] = {
#embed "../../schemas/reload.json"
};
static const unsigned char rpc_discover[] = {
#embed "../../schemas/rpc.discover.json"
};
static const unsigned char scanFile[] = {
#embed "../../schemas/scanFile.json"
};
static const unsigned char scanPath[] = {
#embed "../../schemas/scanPath.json"
};
static const unsigned char status[] = {
#embed "../../schemas/status.json"
};
static const unsigned char subscribe[] = {
#embed "../../schemas/subscribe.json"
};
static const unsigned char tokenForget[] = {
#embed "../../schemas/tokenForget.json"
};
static const unsigned char tokenRefresh[] = {
#embed "../../schemas/tokenRefresh.json"
};
static const unsigned char tokenStatus[] = {
#embed "../../schemas/tokenStatus.json"
};
static const unsigned char unsubscribe[] = {
#embed "../../schemas/unsubscribe.json"
};

static const struct gatehouse_schema schemas[] = {
    {"callAgent.json", callAgent, sizeof callAgent},
    {"callServer.json", callServer, sizeof callServer},
    {"closeGateway.json", closeGateway, sizeof closeGateway},
    {"common.json", common, sizeof common},
    {"config.json", config, sizeof config},
    {"drain.json", drain, sizeof drain},
    {"errors.json", errors, sizeof errors},
    {"findHosts.json", findHosts, sizeof findHosts},
    {"getFile.json", getFile, sizeof getFile},
    {"listGateways.json", listGateways, sizeof listGateways},
    {"listSecondaries.json", listSecondaries, sizeof listSecondaries},
    {"metrics.json", metrics, sizeof metrics},
    {"ping.json", ping, sizeof ping},
    {"policyExplain.json", policyExplain, sizeof policyExplain},
    {"prepareGateway.json", prepareGateway, sizeof prepareGateway},
    {"putFile.json", putFile, sizeof putFile},
    {"reload.json", reload, sizeof reload},
    {"rpc.discover.json", rpc_discover, sizeof rpc_discover},
    {"scanFile.json", scanFile, sizeof scanFile},
    {"scanPath.json", scanPath, sizeof scanPath},
    {"status.json", status, sizeof status},
    {"subscribe.json", subscribe, sizeof subscribe},
    {"tokenForget.json", tokenForget, sizeof tokenForget},
    {"tokenRefresh.json", tokenRefresh, sizeof tokenRefresh},
    {"tokenStatus.json", tokenStatus, sizeof tokenStatus},
    {"unsubscribe.json", unsubscribe, sizeof unsubscribe},
};

static const size_t count = sizeof schemas / sizeof schemas[0];

size_t gatehouse_schema_count(void) { return count; }

struct gatehouse_schema gatehouse_schema_at(size_t index) { return schemas[index < count ? index : count - 1]; }
