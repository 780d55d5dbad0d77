--- The headers that declare the C functions behind helper modules (lua/) and the library
-- functions of scripts.
return {
  "http.h", "tls.h", "quic.h", "ssh.h", "dns.h", "histogram.h", "tokens.h", "pattern.h",
  "regex.h",
}
