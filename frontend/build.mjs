// Bundles src/app.js and src/app.css into the folder the pages are served from. `--watch` keeps at it.
//
// Every name carries the hash of its content, so browsers may keep a file for ever; manifest.json says which is which:
//   {"app.js": "app-3KQX7P2M.js", "app.css": "app-….css", "inter-latin-wght-normal.woff2": "…"}
// Other modules are reached by `import("./board.js")` in the script itself and never need the manifest.

import { readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../src/farley/web/static/dist");

const pages = resolve(here, "../src/farley/web");
const lucide = JSON.parse(await readFile(join(here, "node_modules/@iconify-json/lucide/icons.json")));
const WORD = /["']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["']/g; // how pages name an icon; as in hatch_build.py

/** The drawing of a Lucide icon, which may have been given another name since; undefined for other words. */
const drawing = (name) => (lucide.icons[name] ?? lucide.icons[lucide.aliases[name]?.parent])?.body;

/** The names of icons among all quoted words of the pages: one too many costs a line, and nobody keeps a list. */
async function iconsOfPages() {
  const names = new Set();
  for (const name of await readdir(pages, { recursive: true })) {
    if (!name.match(/\.(html|py)$/)) continue;
    for (const [, word] of (await readFile(join(pages, name), "utf-8")).matchAll(WORD)) if (drawing(word)) names.add(word);
  }
  return [...names].sort();
}

/** A class for each icon, as the mask that the class `i` fills with the colour of the text. */
function iconRules(names) {
  const rules = names.map((name) => {
    const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>${drawing(name)}</svg>`
      .replaceAll('"', "'")
      .replace("stroke-width='2'", "stroke-width='1.8'")
      .replaceAll("currentColor", "black");
    return `.i-${name}{--i:url("data:image/svg+xml,${svg.replaceAll("#", "%23")}")}`;
  });
  return `/*! Icons: Lucide, ISC License, https://lucide.dev/license */\n@layer base{${rules.join("")}}`;
}

/** The name a built file is asked for by: its entry point, or the one file it was copied from. */
function askedName(output) {
  if (output.entryPoint) return basename(output.entryPoint);
  const inputs = Object.keys(output.inputs);
  return inputs.length === 1 && !inputs[0].match(/\.(js|mjs|css)$/) ? basename(inputs[0]) : null;
}

/** Put name.gz and name.br beside a file: they are served to browsers that take them, at no cost for each answer. */
async function compress(name) {
  const octets = await readFile(join(out, name));
  await writeFile(join(out, `${name}.gz`), gzipSync(octets, { level: 9 }));
  await writeFile(join(out, `${name}.br`), brotliCompressSync(octets));
  return [`${name}.gz`, `${name}.br`];
}

/** Write manifest.json last and whole, then remove what an earlier build left: a page never names a missing file. */
async function publish(metafile) {
  const files = {};
  const built = new Set(["manifest.json"]);
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const name = relative(out, resolve(here, path));
    built.add(name);
    const asked = askedName(output);
    if (asked) files[asked] = name;
    if (name.match(/\.(js|css|svg)$/)) for (const packed of await compress(name)) built.add(packed);
  }
  built.add("icons.json");
  await writeFile(join(out, "icons.json"), JSON.stringify(await iconsOfPages()));
  const manifest = JSON.stringify(Object.fromEntries(Object.entries(files).sort()), null, 2);
  await writeFile(join(out, "manifest.json.new"), manifest + "\n");
  await rename(join(out, "manifest.json.new"), join(out, "manifest.json"));
  for (const name of await readdir(out)) if (!built.has(name)) await rm(join(out, name), { recursive: true });
}

const options = {
  absWorkingDir: here,
  entryPoints: ["src/app.js", "src/app.css", "src/worker.js"],
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file", ".png": "file" },
  // The first releases that know light-dark(), nesting and popover.
  target: ["chrome123", "firefox125", "safari17.5"],
  nodePaths: [join(here, "node_modules")], // styles that lie beside their templates import packages too
  logLevel: "warning",
  plugins: [
    {
      name: "icons",
      setup(build) {
        build.onResolve({ filter: /^icons$/ }, () => ({ path: "icons.css", namespace: "icons" }));
        build.onLoad({ filter: /.*/, namespace: "icons" }, async () => ({
          contents: iconRules(await iconsOfPages()),
          loader: "css",
        }));
      },
    },
    {
      name: "publish",
      setup(build) {
        build.onEnd((result) => (result.errors.length ? undefined : publish(result.metafile)));
      },
    },
  ],
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
  console.log("watching frontend/src and the style sheets beside the templates");
} else {
  // esbuild has printed what is wrong. A warning counts: an unbalanced brace in a style sheet is only that to it.
  const result = await esbuild.build(options).catch(() => process.exit(1));
  if (result.warnings.length) process.exit(1);
}
