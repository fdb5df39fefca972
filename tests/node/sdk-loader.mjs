// SPDX-License-Identifier: ISC
// sdk-loader.mjs - lets node load the published partner SDK as it is.
//
// The package re-exports from "./widget" without the ending that node wants,
// and looks for a global `require`, which modules do not have. Use it before
// the package: `node --import ./sdk-loader.mjs`, or as the first import.

import { createRequire, register } from "node:module";

globalThis.require ??= createRequire(import.meta.url);
register("./sdk-resolve.mjs", import.meta.url);
