// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
