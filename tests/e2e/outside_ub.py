# SPDX-License-Identifier: LGPL-2.1-or-later
"""GBA bootstrapping over HTTP as an outsider reads TS 24.109 4.3 and RFC 3310."""
import base64
import http.client
import re

import outside_keys as keys


class Ub:
    """One bootstrapping of a subscriber."""

    def __init__(self, impi, usim, host=("127.0.0.1", 8080)):
        self.impi, self.usim, self.host, self.synchronised = impi, usim, host, 0

    def get(self, authorization):
        c = http.client.HTTPConnection(*self.host, timeout=10)
        headers = {"User-Agent": "outside 3gpp-gba-tmpi", "Host": "bsf.poc.example.org"}
        if authorization:
            headers["Authorization"] = authorization
        c.request("GET", "/", headers=headers)
        r = c.getresponse()
        body = r.read()
        c.close()
        return r, body

    def authorization(self, challenge, response, auts=None):
        parts = [("username", self.impi), ("realm", challenge.get("realm", "bsf.poc.example.org")),
                 ("nonce", challenge.get("nonce", "")), ("uri", "/"), ("response", response)]
        text = ", ".join('%s="%s"' % p for p in parts)
        if challenge.get("nonce"):
            text += ', algorithm=AKAv1-MD5, qop=auth-int, nc=00000001, cnonce="0a4f113b"'
            if challenge.get("opaque"):
                text += ', opaque="%s"' % challenge["opaque"]
        if auts:
            text += ', auts="%s"' % keys.b64(auts)
        return "Digest " + text

    def challenge(self, r):
        value = r.getheader("WWW-Authenticate") or ""
        if not value.startswith("Digest "):
            raise keys.Refused("status %d, challenge %r" % (r.status, value))
        return keys.quoted_params(value[7:])

    def run(self, res_change=None):
        """Returns (status, btid, lifetime, rand, ck, ik)."""
        r, _ = self.get(self.authorization({}, ""))
        if r.status != 401:
            return r.status, None, None, None, None, None
        for _ in range(3):
            c = self.challenge(r)
            if c.get("algorithm") != "AKAv1-MD5" or "auth-int" not in c.get("qop", ""):
                raise keys.Refused("challenge %s" % c)
            nonce = base64.b64decode(c["nonce"])
            try:
                res, ck, ik = self.usim.challenge(nonce[:16], nonce[16:32])
                break
            except keys.Resynchronise as e:
                self.synchronised += 1
                response = keys.digest_response(c, "GET", "/", self.impi, b"", qop="auth-int")
                r, _ = self.get(self.authorization(c, response, e.auts))
                if r.status != 401:
                    return r.status, None, None, None, None, None
        if res_change:
            res = res_change(res)
        response = keys.digest_response(c, "GET", "/", self.impi, res, qop="auth-int")
        r, body = self.get(self.authorization(c, response))
        if r.status != 200:
            return r.status, None, None, None, None, None
        self.check_rspauth(r, c, res, body)
        kind, text = r.getheader("Content-Type", ""), body.decode()
        if not kind.startswith("application/vnd.3gpp.bsf+xml") or "uri:3gpp-gba" not in text:
            raise keys.Refused("answer %s %s" % (kind, text))
        btid = re.search(r"<(?:\w+:)?btid>([^<]*)<", text).group(1)
        lifetime = re.search(r"<(?:\w+:)?lifetime>([^<]*)<", text).group(1)
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", lifetime):
            raise keys.Refused("lifetime %s" % lifetime)
        return 200, btid, lifetime, nonce[:16], ck, ik

    def check_rspauth(self, r, c, res, body):
        info = keys.quoted_params(r.getheader("Authentication-Info") or "")
        if "rspauth" in info:
            want = keys.digest_response(c, "", "/", self.impi, res, body,
                                        qop=info.get("qop", "auth-int"))
            if info["rspauth"] != want:
                raise keys.Refused("rspauth %s is not %s" % (info["rspauth"], want))
