// r2.mjs - what r2.sh runs, with its arguments, in the folder where miniflare is installed.
import { File } from "node:buffer";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

globalThis.File ??= File; // Debian's node 18 has it, but not there
const { Miniflare } = createRequire(path.join(process.cwd(), "any.js"))("miniflare");
const [port, accessKeyId, secretAccessKey, data, buckets, cert, key] = process.argv.slice(2);

const names = (buckets || "test").split(",");
const r2Buckets = Object.fromEntries(
	names.map((id, number) => [`B${number}`, { id, s3Credentials: { accessKeyId, secretAccessKey } }]));
const tls = cert ? { https: true, httpsCertPath: cert, httpsKeyPath: key } : {};

const simulator = new Miniflare({
	host: "127.0.0.1", port: Number(port), cf: false, r2Persist: data, r2Buckets, ...tls,
	modules: true, compatibilityDate: "2026-01-01",
	script: "export default { fetch() { return new Response(null, { status: 404 }) } }",
});

for (const signal of ["SIGTERM", "SIGINT"])
	process.on(signal, async () => {
		await simulator.dispose();
		process.exit(0);
	});
await simulator.ready;
console.log("ready");
