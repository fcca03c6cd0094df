// Bytes in scripts: each file calls playgroundBytes(name, base64 of gzip), since a script can be loaded from a file and nothing else can.
const received = new Map();
globalThis.playgroundBytes = (name, text) => received.set(name, text);

/** Load a script that lies beside the page; returns the bytes that it carries, if it carries any. */
export function embedded(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = name;
    script.onerror = () => reject(new Error(`The file ${name} is missing beside this page.`));
    script.onload = () => resolve(received.has(name) ? unpacked(name) : undefined);
    document.head.append(script);
  });
}

async function unpacked(name) {
  const packed = Uint8Array.from(atob(received.get(name)), (letter) => letter.charCodeAt(0));
  received.delete(name);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
