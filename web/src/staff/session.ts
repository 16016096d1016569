/** Who works at this page: the session of one role, or the way to the sign-in page. */
import { Api, Problem } from "../lib/api";
import { words } from "./words";
import type { Me, StaffRole } from "./types";

/** Where each role works. */
export const HOME: Record<StaffRole, string> = { provider: "/board", scheduler: "/schedule", admin: "/schedule" };

export interface Session {
  api: Api;
  me: Me;
}

/** The first of these roles that has a session in this browser; null when none has. */
export async function sessionOf(roles: readonly StaffRole[]): Promise<Session | null> {
  for (const role of roles) {
    const api = new Api(role);
    try {
      return { api, me: await api.get<Me>("/v1/me") };
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 403)) throw error;
    }
  }
  return null;
}

/** Goes to the sign-in page, which comes back here. */
export function toSignIn(role: StaffRole): void {
  location.assign(`/sign-in#${role}`);
}

export async function signOut(api: Api): Promise<void> {
  await api.delete("/v1/sessions/current");
  location.assign("/sign-in");
}

/** A failure as a sentence for a person. */
export function explain(error: unknown): string {
  if (error instanceof Problem) {
    if (error.offline) return words.value.common.unreachable;
    if (error.status === 401) return words.value.common.signInAgain;
    if (error.detail) return error.detail;
  }
  return words.value.common.failed;
}
