// The service's answers. Paths are relative, so that the page works behind a prefix of a proxy.

/** What the service says went wrong: a problem document (RFC 9457), or no answer at all. */
export class ApiError extends Error {
  constructor(detail, { key = null, status = 0 } = {}) {
    super(detail);
    this.name = "ApiError";
    this.key = key;
    this.status = status;
  }

  static of(problem, status) {
    const detail = problem?.detail || problem?.title || `the service answered with status ${status}`;
    return new ApiError(String(detail), { key: problem?.key ?? null, status });
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("the service does not answer");
  }
  const content = await response.json().catch(() => null);
  if (!response.ok) throw ApiError.of(content, response.status);
  if (content === null) throw new ApiError("the service's answer is no JSON");
  return content;
}

const get = (path, signal) => request(path, { signal });

const post = (path, body, signal) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });

const windowPath = (window) => `api/windows/${encodeURIComponent(window)}`;

export const archive = () => get("api/archive");
export const models = () => get("api/models");
export const limits = (model) => get(`api/models/${encodeURIComponent(model)}/limits`);
export const limitsFile = (model, ending) =>
  `api/models/${encodeURIComponent(model)}/limits.${ending}`;
export const windowNumbers = (window, signal) => get(windowPath(window), signal);
export const fit = (window, model, signal) =>
  get(`${windowPath(window)}/fit?model=${encodeURIComponent(model)}`, signal);
/** Address of a likelihood: `what` is workspace, patch, patchset or background. */
export const download = (window, what, model) =>
  `${windowPath(window)}/${what}?${new URLSearchParams({ ...(model && { model }), download: 1 })}`;

export const reinterpretTable = (body, signal) => post("api/reinterpret/table", body, signal);

/**
 * Limits of a model from its couplings, a job that takes seconds to minutes.
 *
 * `progress` is called with shares between 0 and 1. When `signal` aborts, nobody asks any more.
 */
export async function reinterpretCouplings(body, signal, progress) {
  const { job } = await post("api/reinterpret/couplings", body, signal);
  for (let wait = 200; ; wait = Math.min(1.3 * wait, 2000)) {
    const found = await get(`api/jobs/${encodeURIComponent(job)}`, signal);
    if (found.status === "done") return found.result;
    if (found.status === "failed") throw ApiError.of(found.problem, found.problem?.status ?? 0);
    progress(found.status === "queued" ? null : (found.progress ?? null));
    await pause(wait, signal);
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("nobody waits", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
