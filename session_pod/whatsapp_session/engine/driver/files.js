// Files in and out of the page, in pieces: one call with a whole film would need its size several times over.
const HELD = 12; // each way; Python has fewer under way: beyond these, the oldest was given up
const uploads = new Map(); // handle → {pieces}
const downloads = new Map(); // handle → {blob}
let handles = 0;

const hold = (held, entry) => {
  while (held.size >= HELD) held.delete(held.keys().next().value);
  handles += 1;
  held.set(handles, entry);
  return handles;
};

const bytesOf = (data) => {
  const letters = atob(data);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
};
serve("upload", async ({ handle, data }) => {
  const bytes = bytesOf(data);
  if (!handle) return hold(uploads, { pieces: [new Blob([bytes])] });
  const upload = uploads.get(handle);
  if (!upload) throw new Problem("offline", "The page was loaded again while it got the file.");
  upload.pieces.push(new Blob([bytes])); // as a Blob it lies outside the page's own memory
  return handle;
});
const takeUpload = (handle, { fileName, mimeType }) => {
  const upload = uploads.get(handle);
  if (!upload) throw new Problem("offline", "The page was loaded again before it sent the file.");
  uploads.delete(handle);
  return new File(upload.pieces, fileName, { type: mimeType });
};
methods.drop = async (handle) => uploads.delete(handle) || downloads.delete(handle);

const GONE = ["media_not_found", "message_not_contains_media"];
serve("download", async ({ id, limit }) => {
  const msg = await messageOf(id);
  const file = fileOf(msg);
  if (!file) throw new Problem("missing", "The message has no file.");
  if (file.size > limit) return { size: file.size };
  const inPage = attempt(() => !!msg.mediaData.mediaBlob, false);
  if (!inPage) mustBeConnected();
  let blob;
  try {
    blob = await WPP.chat.downloadMedia(idOf(msg.id));
  } catch (error) {
    const lost = /ERROR_MISSING|ERROR_NEED_POKE/.test(attempt(() => msg.mediaData.mediaStage, ""));
    if (lost || (GONE.includes(attempt(() => error.code, null)) && usable())) {
      throw new Problem("missing", "WhatsApp does not have the file any more.");
    }
    throw error;
  }
  if (blob.size > limit) return { size: blob.size };
  return { size: blob.size, handle: hold(downloads, { blob }), mimeType: file.mimeType || blob.type || null };
});
const base64 = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] || "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
serve("piece", async ({ handle, from, to }) => {
  const download = downloads.get(handle);
  if (!download) throw new Problem("failed", "The page was loaded again while it gave the file.");
  return base64(download.blob.slice(from, to));
});

const PICTURE_MS = 15000;
serve("picture", async ({ id, limit }) => {
  const url = await WPP.contact.getProfilePictureUrl(id);
  if (!url) {
    mustBeConnected();
    throw new Problem("missing", "There is no picture, or it is not shown to this account.");
  }
  const answer = await fetch(url, { signal: AbortSignal.timeout(PICTURE_MS), credentials: "omit" });
  if ([403, 404, 410].includes(answer.status)) throw new Problem("missing", "WhatsApp does not have the picture any more.");
  if (!answer.ok) throw new Problem("failed", `WhatsApp answered ${answer.status} for the picture.`);
  const parts = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) throw new Problem("failed", "The picture is too large.");
    parts.push(value);
  }
  const type = answer.headers.get("content-type");
  return { data: await base64(new Blob(parts)), mimeType: type && type.startsWith("image/") ? type : "image/jpeg" };
});
