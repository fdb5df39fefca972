// SPDX-License-Identifier: ISC
// sdk-resolve.mjs - the other half of sdk-loader.mjs: a relative name that is
// not found is tried again with ".js".

export async function resolve(name, context, next) {
	try {
		return await next(name, context);
	} catch (error) {
		if (error.code !== "ERR_MODULE_NOT_FOUND" || !name.startsWith("."))
			throw error;
		return next(`${name}.js`, context);
	}
}
