/** What a user may do. */
export type Role = "CUSTOMER" | "ADMIN";

/** An account. */
export interface User {
  /** UUIDv7. */
  readonly userId: string;
  /** In lower case; unique. */
  readonly email: string;
  readonly displayName: string;
  readonly role: Role;
  readonly createTime: Date;
  readonly updateTime: Date;
}
