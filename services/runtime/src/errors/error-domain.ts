/** `ErrorInfo.domain` of every error that a Flash Deal server makes. */
export const ERROR_DOMAIN = "flashdeal.dev";
