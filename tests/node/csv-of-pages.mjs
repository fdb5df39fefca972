// SPDX-License-Identifier: ISC
// csv-of-pages.mjs - the pages' writer of CSV without the pages: what it needs
// of a browser is not there.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./lib.mjs";

const text = readFileSync(join(ROOT, "htdocs/admin/csv.js"), "utf8")
	.replace(/^import .*\n/gm, "");
const source = `data:text/javascript,${encodeURIComponent(text)}`;

export const { csvCell, csvText } = await import(source);
