--- The headers of this folder that declare what helper modules (lua/) and the libraries of scripts call in C.
return {
  "http.h", "tls.h", "quic.h", "ssh.h", "dns.h", "histogram.h", "tokens.h", "pattern.h",
  "regex.h",
}
