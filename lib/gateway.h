/* SPDX-License-Identifier: ISC */
/* gateway.h - what an endpoint includes: nothing but includes. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <stddef.h>
#include <string.h>

#include "amount.h"
#include "app.h"
#include "audit.h"
#include "caller.h"
#include "checkout.h"
#include "clickpesa-checksum.h"
#include "clickpesa-events.h"
#include "explain.h"
#include "field.h"
#include "hosted.h"
#include "merchant.h"
#include "operator.h"
#include "partner.h"
#include "payment.h"
#include "provider.h"
#include "request.h"
#include "revolut-events.h"
#include "settlement.h"
#include "signing-key.h"
#include "stripe-events.h"
#include "tx-list.h"
#include "tx.h"

#endif
