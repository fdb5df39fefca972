// SPDX-License-Identifier: ISC
// csv.js - lists as files for spreadsheets.

import { api } from "./api.js";
import { el } from "./dom.js";
import { tell, tellFailure } from "./ask.js";
import { plural } from "./words.js";

const PAGE = 200;
const MOST = 100000;	// rows of one file

// A spreadsheet would run a cell that begins like this as a formula.
export function csvCell(value) {
	let text = value === null || value === undefined ? "" : String(value);
	if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text))
		text = `'${text}`;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(header, rows) {
	return [header, ...rows].map((row) => row.map(csvCell).join(","))
		.join("\r\n") + "\r\n";
}

// Hands the viewer a file.
export function saveFile(name, text) {
	// Some spreadsheets read UTF-8 only behind this mark.
	const url = URL.createObjectURL(new Blob(["\ufeff", text],
		{ type: "text/csv;charset=utf-8" }));
	const link = el("a", { href: url, download: name });
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Everything that a list's filters let through, page by page.
async function readAll(path) {
	const [base, query] = path.split("?");
	const items = [];
	let cursor = null;
	do {
		const asked = new URLSearchParams(query);
		asked.set("limit", PAGE);
		if (cursor !== null)
			asked.set("cursor", cursor);
		const page = await api(`${base}?${asked}`);
		items.push(...page.items);
		cursor = page.nextCursor ?? null;
	} while (cursor !== null && items.length < MOST);
	return { items, all: cursor === null };
}

// A button that saves what path() lists now. columns: [title, of(item)].
export function csvButton({ name, path, columns, noun }) {
	const button = el("button", { type: "button", class: "button small",
		"aria-label": "Export as CSV", click: async () => {
			if (button.disabled)
				return;
			button.disabled = true;
			try {
				const { items, all } = await readAll(path());
				saveFile(`${name}-${new Date().toISOString().slice(0, 10)}.csv`,
					csvText(columns.map(([title]) => title),
						items.map((item) => columns.map(([, of]) =>
							of(item)))));
				tell(`${plural(items.length, ...noun)} saved` +
					(all ? "." : "; there are more: narrow the filters."));
			} catch (error) {
				tellFailure(error);
			}
			button.disabled = false;
		} }, "CSV");
	return button;
}
