import type { MemberEncoders } from './member-encoders.js';
import type { MemberReply, MemberRequest } from './member-pool.js';
import { toSent } from './sent-error.js';
import type { SentError } from './sent-error.js';

export type MemberAnswer =
  | { readonly kind: 'member'; readonly reply: MemberReply }
  | { readonly kind: 'error'; readonly error: SentError };

/** Encodes the member that is given, in whatever thread this is; errors are answers, too. */
export function answerMember(encoders: MemberEncoders, request: MemberRequest): MemberAnswer {
  try {
    return { kind: 'member', reply: encoders.encode(request) };
  } catch (error) {
    return { kind: 'error', error: toSent(error) };
  }
}
