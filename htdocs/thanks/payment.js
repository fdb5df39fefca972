// SPDX-License-Identifier: ISC
// payment.js - what the payer's pages share: which payment the address names,
// what the gateway says of it, and how it is put into words.

import { el, icon } from "../admin/dom.js";

const API = "../v1/payments/";
const SLOWEST_MS = 5000;	// between two looks
const CARDS = { visa: "Visa", mastercard: "Mastercard",
	amex: "American Express" };
const NETWORKS = { mtn: "MTN Mobile Money", orange: "Orange Money",
	mpesa: "M-Pesa", tigo: "Tigo Pesa", airtel: "Airtel Money",
	halotel: "HaloPesa" };

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export const money = ({ amount, currency }) => new Intl.NumberFormat([],
	{ style: "currency", currency }).format(amount / 100);

// Takes the client secret out of the address and its place in the history;
// for the next reload it is kept as long as the tab is open.
export function takeSecret() {
	const query = new URLSearchParams(location.search);
	const hash = new URLSearchParams(location.hash.slice(1));
	const given = (name) => hash.get(name) ?? query.get(name);
	const secret = given("payment_client_secret") ??
		given("client_secret") ??
		([...hash.keys()].find((key) => key.includes("_secret_")) ?? "");
	const id = secret.split("_secret_")[0] || (given("payment") ?? "");
	const name = `clive-payment-${id}`;
	history.replaceState(null, "", id ? `?payment=${encodeURIComponent(id)}` :
		location.pathname);
	if (secret)
		sessionStorage.setItem(name, secret);
	return secret || (sessionStorage.getItem(name) ?? "");
}

// The payment as the payer may see it; or, with a verb and a body, what came
// of a call. What the gateway refuses is thrown, with its code and status.
export async function ask(secret, verb = "", body = undefined) {
	const response = await fetch(API + encodeURIComponent(
		secret.split("_secret_")[0]) + verb, { cache: "no-store",
		method: body ? "POST" : "GET", body: JSON.stringify(body), headers: {
			Authorization: `Bearer ${secret}`,
			...(body && { "Content-Type": "application/json" }) } });
	const { data, error } = await response.json();
	if (response.ok)
		return data;
	throw Object.assign(new Error(error.message), { code: error.code,
		status: response.status, details: error.details,
		wait: response.headers.get("Retry-After") });
}

export const isFinal = ({ status }) => !status.startsWith("requires_");

// Nobody can help it by trying again.
const isLasting = ({ status }) => status >= 400 && status < 500 &&
	status !== 429;

// Shows the payment whenever it changes, until it does not any more. trouble
// gets the error of a look that failed, and null when one went well again.
export async function follow(secret, show, trouble) {
	let seen = "";
	for (let pause = 1000;; pause = Math.min(pause * 1.25, SLOWEST_MS)) {
		try {
			const payment = await ask(secret);
			trouble(null);
			if (payment.status !== seen)
				show(payment);
			seen = payment.status;
			if (isFinal(payment))
				return;
		} catch (error) {
			trouble(error);
			if (isLasting(error))
				return;
		}
		await sleep(pause);
	}
}

export function methodName({ payment_method: method }) {
	const { type, card, momo, soxara_wallet: wallet } = method ?? {};
	switch (type) {
	case "card":
		return card ? `${CARDS[card.brand] ?? card.brand} •••• ${card.last4}` :
			"Card";
	case "momo":
		return `${NETWORKS[momo?.provider] ?? "Mobile money"}, ` +
			`${momo?.phone_number}`;
	case "soxara_wallet":
		return wallet?.phone_number ? `Wallet, ${wallet.phone_number}` :
			"Wallet";
	}
	return null;
}

// Where the payer's browser goes on: the shop's page, or that for thanks,
// with the payment's name and secret beside what its address has.
export function wayBack({ id, return_url: url }, secret) {
	const back = new URL(url ?? "../thanks/", location.href);
	if (!back.searchParams.has("payment_client_secret"))
		back.search += (back.search ? "&" : "?") + new URLSearchParams(
			{ payment: id, payment_client_secret: secret });
	return back.href;
}

export function medal(mark, waits = false) {
	return el("p", { class: `medal${waits ? " waits" : ""}` }, icon(mark));
}
