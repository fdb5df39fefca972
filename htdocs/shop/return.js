// SPDX-License-Identifier: ISC
// return.js - where the bank's page leads back to. The address says how it
// went; only the gateway is believed.

import { $ } from "../admin/dom.js";
import { Status } from "./status.js";

const query = new URLSearchParams(location.search);
const id = query.get("tx") ?? "";

// The address has the payment's client secret: out of the history with it.
history.replaceState(null, "", `?tx=${encodeURIComponent(id)}`);
new Status($("ticket"), id, (text) => {
	$("announce").textContent = text;
}).follow();
