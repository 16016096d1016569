/**
 * A device's keys and its memory, in IndexedDB.
 *
 * Private keys are non-extractable where the browser allows; everything else (certificate, pinned root, epoch secrets, what was seen,
 * the outbox) is sealed under a non-extractable AES-GCM key of this device. Safari may delete all of it after a week without a visit:
 * then this is a new device, and the conversation says so.
 */
import { type Bytes, b64, CrpError, fromUtf8, lp, newId, random, utf8 } from "./bytes";
import type { Identity } from "./certs";
import { type CurveChoice, type Curves, openCurves, type StoredKeys } from "./curves";

interface DeviceRow {
  deviceId: string;
  aes: CryptoKey;
  keys: StoredKeys;
}
interface SealedRow {
  iv: Bytes;
  sealed: Bytes;
}

export interface KeystoreOptions {
  curves?: CurveChoice;
  /** Separates people who share one browser. */
  person?: string;
  /** For tests. */
  factory?: IDBFactory;
}

const STORE = "kv";
const DEVICE = "device";

function asPromise<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's store failed"));
  });
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asPromise(request);
}

/** One device of one person at one practice. Open it once per page. */
export class Keystore implements Identity {
  readonly deviceId: string;
  readonly dsPub: string;
  readonly dkPub: string;
  readonly sign: (data: Bytes) => Promise<Bytes>;
  /** Opens what was sealed to this device; throws CrpError "shut". */
  readonly open: (sealed: Bytes, info: Bytes) => Promise<Bytes>;
  readonly #db: IDBDatabase;
  readonly #aes: CryptoKey;

  constructor(
    readonly practiceId: string,
    readonly curves: Curves,
    db: IDBDatabase,
    row: DeviceRow,
  ) {
    this.#db = db;
    this.#aes = row.aes;
    this.deviceId = row.deviceId;
    this.dsPub = b64(row.keys.dsPub);
    this.dkPub = b64(row.keys.dkPub);
    this.sign = (data) => curves.sign(row.keys, row.aes, data);
    this.open = (sealed, info) => curves.open(row.keys, row.aes, info, sealed);
  }

  #store(mode: IDBTransactionMode): IDBObjectStore {
    return this.#db.transaction(STORE, mode).objectStore(STORE);
  }

  #params(name: string, iv: Bytes): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: lp(utf8("careroom/device-store/v1"), utf8(name)) };
  }

  /** A remembered value, or null. Throws when the row was tampered with. */
  async get(name: string): Promise<unknown> {
    const row = (await asPromise(this.#store("readonly").get(`s:${name}`))) as SealedRow | undefined;
    if (!row) return null;
    const raw = await crypto.subtle.decrypt(this.#params(name, row.iv), this.#aes, row.sealed);
    return JSON.parse(fromUtf8(new Uint8Array(raw)));
  }

  async put(name: string, value: unknown): Promise<void> {
    const iv = random(12);
    const sealed = new Uint8Array(await crypto.subtle.encrypt(this.#params(name, iv), this.#aes, utf8(JSON.stringify(value))));
    await asPromise(this.#store("readwrite").put({ iv, sealed } satisfies SealedRow, `s:${name}`));
  }

  async remove(name: string): Promise<void> {
    await asPromise(this.#store("readwrite").delete(`s:${name}`));
  }

  /** Names that start so, in order. */
  async names(prefix: string): Promise<string[]> {
    const range = IDBKeyRange.bound(`s:${prefix}`, `s:${prefix}\uffff`);
    return (await asPromise(this.#store("readonly").getAllKeys(range))).map((key) => String(key).slice(2));
  }

  /** Trust the practice root on first use, and only that one ever after. Throws CrpError "root-changed". */
  async pinRoot(rootPub: string): Promise<void> {
    const pinned = await this.get("root");
    if (pinned === null) await this.put("root", rootPub);
    else if (pinned !== rootPub) throw new CrpError("root-changed", "the practice's root key is not the one this device knows");
  }

  /** A new X25519 public key for one call. Calls between two peers derive nothing from it, so its private half is dropped. */
  async freshKemPub(): Promise<string> {
    return b64((await this.curves.generate(this.#aes)).dkPub);
  }

  close(): void {
    this.#db.close();
  }

  /** Sign-out on a shared computer: this device forgets everything, keys included. */
  async wipe(): Promise<void> {
    await asPromise(this.#store("readwrite").clear());
    this.#db.close();
  }
}

/** Opens this person's device in this browser, making its keys the first time. */
export async function openKeystore(practiceId: string, role: "patient" | "staff", options: KeystoreOptions = {}): Promise<Keystore> {
  const name = `careroom-keys/${practiceId}/${role}/${options.person ?? ""}`;
  const db = await openDatabase(options.factory ?? indexedDB, name);
  const found = (await asPromise(db.transaction(STORE).objectStore(STORE).get(DEVICE))) as DeviceRow | undefined;
  const row = found ?? (await makeDevice(db, await openCurves(options.curves)));
  // Keys made by one implementation stay with it, even if the browser has learned the curves since.
  return new Keystore(practiceId, await openCurves(row.keys.mode), db, row);
}

/** Two tabs may get here together; whoever writes first has made the device. */
async function makeDevice(db: IDBDatabase, curves: Curves): Promise<DeviceRow> {
  const aes = (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])) as CryptoKey;
  const made: DeviceRow = { deviceId: newId(), aes, keys: await curves.generate(aes) };
  const store = db.transaction(STORE, "readwrite").objectStore(STORE);
  const other = (await asPromise(store.get(DEVICE))) as DeviceRow | undefined;
  if (other) return other;
  await asPromise(store.put(made, DEVICE));
  return made;
}
