// SPDX-License-Identifier: ISC
// words.js - how words, numbers, times, JSON and commands are written.

// "intent_attached" -> "Intent attached"
export function sentence(text) {
	const words = String(text).replace(/[._]+/g, " ").trim();
	return words.charAt(0).toUpperCase() + words.slice(1);
}

export function processorName(name) {
	const known = { stripe: "Stripe", revolut: "Revolut",
		clickpesa: "ClickPesa" };
	return known[name] ?? sentence(name);
}

// "revolut_pay" -> "Revolut Pay"; a name of its own where it has one.
export function paymentTypeName(type) {
	const known = { card: "card", revolut_pay: "Revolut Pay",
		open_banking: "open banking", mobile_money: "mobile money" };
	return known[type] ?? sentence(type);
}

// What became of a question to a processor, below its title.
export function callOutcome(call) {
	const words = { asking: "No answer on record yet",
		unknown: "No certain answer; it is asked again",
		down: "Not available; nothing was done",
		refused: "Refused" };
	return [words[call.status], call.answer_message]
		.filter(Boolean).join(": ") || null;
}

export function plural(count, one, many = `${one}s`) {
	return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

// How many decimals the number was given with.
function decimalsOf(number) {
	const text = String(number);
	return text.includes(".") ? text.split(".")[1].length : 0;
}

// The number with its currency's decimals, and with more where it has more:
// a rounded amount would be a false one.
export function money(number, currency) {
	let digits = 2;
	try {
		digits = new Intl.NumberFormat(undefined, { style: "currency",
			currency }).resolvedOptions().maximumFractionDigits;
	} catch {
		// No currency that this browser knows: two will do.
	}
	return new Intl.NumberFormat(undefined, {
		minimumFractionDigits: digits,
		maximumFractionDigits: Math.max(digits, decimalsOf(number)),
	}).format(number);
}

export const LIST_TIME = new Intl.DateTimeFormat(undefined, { year: "numeric",
	month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const YEAR_TIME = new Intl.DateTimeFormat(undefined, { month: "short",
	day: "numeric", hour: "2-digit", minute: "2-digit" });
const YEAR_SECOND = new Intl.DateTimeFormat(undefined, { month: "short",
	day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const EXACT_TIME = new Intl.DateTimeFormat(undefined, { year: "numeric",
	month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
	second: "2-digit", fractionalSecondDigits: 3 });

// Where there is little room, this year is not named.
export function shortFormat(date, seconds = false) {
	if (date.getFullYear() !== new Date().getFullYear())
		return LIST_TIME;
	return seconds ? YEAR_SECOND : YEAR_TIME;
}

export function duration(ms) {
	if (ms < 1000)
		return `${ms} ms`;
	if (ms < 60000)
		return `${(ms / 1000).toFixed(1)} s`;
	if (ms < 3600000)
		return `${Math.round(ms / 60000)} min`;
	if (ms < 172800000)
		return `${Math.round(ms / 3600000)} h`;
	return `${Math.round(ms / 86400000)} days`;
}

// Break JSON text into indented lines without touching any value: parsing and
// printing it again would change the numbers that a double cannot hold.
export function indentJson(text) {
	try {
		JSON.parse(text);
	} catch {
		return text;
	}
	let out = "";
	let depth = 0;
	const line = () => "\n" + "  ".repeat(depth);
	const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
	tokens.forEach((token, i) => {
		if (token === "{" || token === "[") {
			depth++;
			out += token;
			if (!/[}\]]/.test(tokens[i + 1]))
				out += line();
		} else if (token === "}" || token === "]") {
			depth--;
			out += (/[{[]/.test(tokens[i - 1].slice(-1)) &&
				tokens[i - 1].length === 1 ? "" : line()) + token;
		} else if (token === ",") {
			out += token + line();
		} else {
			out += token === ":" ? ": " : token;
		}
	});
	return out;
}

// One word of a shell's command line, whatever is in it.
export function shellQuote(text) {
	if (!/[\x00-\x1f\x7f]/.test(text))
		return "'" + text.replaceAll("'", "'\\''") + "'";
	return "$'" + text.replace(/[\\']/g, "\\$&").replace(/[\x00-\x1f\x7f]/g,
		(c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0")) + "'";
}

// The curl command that sends an attempt again. curl works out by itself what
// belongs to the connection and to the length.
export function curlCommand(attempt) {
	const [request, ...lines] = attempt.request_head.trim().split(/\r?\n/);
	const method = request.split(" ")[0];
	const parts = [`curl -X ${shellQuote(method)} --globoff ` +
		shellQuote(attempt.url)];
	for (const header of lines) {
		if (!/^[\w!#$%&'*+.^`|~-]+:/.test(header))
			continue;
		if (/^(host|content-length|connection|expect):/i.test(header))
			continue;
		parts.push("-H " + shellQuote(header));
	}
	if (attempt.body)
		parts.push("--data-raw " + shellQuote(attempt.body));
	return parts.join(" \\\n  ");
}
