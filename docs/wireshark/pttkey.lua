-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Wireshark dissectors for what PTTKey adds to known protocols. Wireshark 4.0 and later (Lua 5.2).
--   * floor messages (TBCP, RTCP APP "PoC1") on any UDP port, which Wireshark's own RTCP dissector reads
--   * SRTCP and SRTP of a channel: the MKI at their end, split into MSK ID and MTK ID. The dissector
--     recognises SRTCP by its lengths, SRTP by the audio port (a preference)
--   * the Key ID extension of MIKEY (RFC 4563) with the names of MSK and MTK, in SDP and on the channel
-- Use tshark -X lua_script:pttkey.lua ..., or copy the file into Wireshark's personal plugin folder. docs/lab.md has more.

local MKI, TAG, E_INDEX = 6, 10, 4 -- bytes: MKI, tag of HMAC-SHA1-80, E flag and index of SRTCP

local function names(proto, prefix)
	return {
		domain = ProtoField.bytes(prefix .. ".key_domain", "Key Domain ID"),
		msk = ProtoField.uint32(prefix .. ".msk_id", "MSK ID", base.HEX),
		group = ProtoField.uint16(prefix .. ".key_group", "Key Group", base.HEX),
		number = ProtoField.uint16(prefix .. ".key_number", "Key Number", base.HEX),
		mtk = ProtoField.uint16(prefix .. ".mtk_id", "MTK ID", base.HEX),
	}
end

local channel = Proto("pttkey", "PTTKey channel")
local cf = names(channel, "pttkey")
cf.mki = ProtoField.bytes("pttkey.mki", "MKI")
cf.tag = ProtoField.bytes("pttkey.tag", "Authentication tag")
cf.index = ProtoField.uint32("pttkey.srtcp_index", "SRTCP index", base.DEC, nil, 0x7fffffff)
cf.sealed = ProtoField.bytes("pttkey.encrypted", "Encrypted")
cf.seq = ProtoField.uint16("pttkey.seq", "Sequence number")
cf.ssrc = ProtoField.uint32("pttkey.ssrc", "SSRC", base.HEX)
cf.pt = ProtoField.uint8("pttkey.pt", "Payload type", base.DEC, nil, 0x7f)
cf.subtype = ProtoField.uint8("pttkey.subtype", "TBCP subtype", base.DEC, {
	[0] = "Request", [1] = "Granted", [2] = "Taken", [3] = "Deny", [4] = "Release", [5] = "Idle", [6] = "Revoke", [7] = "Ack",
	[8] = "Queue Status Request", [9] = "Queue Status", [11] = "Disconnect", [15] = "Connect", [18] = "Taken, Ack expected" }, 0x1f)
cf.key_domain = cf.domain
channel.fields = { cf.domain, cf.msk, cf.group, cf.number, cf.mtk, cf.mki, cf.tag, cf.index, cf.sealed, cf.seq, cf.ssrc,
	cf.pt, cf.subtype }
channel.prefs.audio_port = Pref.uint("Audio port", 40000, "UDP port of the channel's SRTP (0: none)")

local function msk(tree, range)
	local sub = tree:add(cf.msk, range)
	sub:add(cf.group, range:range(0, 2))
	sub:add(cf.number, range:range(2, 2))
end

local function mki_add(tree, range)
	local sub = tree:add(cf.mki, range)
	msk(sub, range:range(0, 4))
	sub:add(cf.mtk, range:range(4, 2))
	return string.format("MSK %s MTK %s", tostring(range:range(0, 4):bytes()), tostring(range:range(4, 2):bytes()))
end

local rtcp = Dissector.get("rtcp")

-- One RTCP APP packet that fills the datagram, or is followed by SRTCP's trailer (with GCM by a tag of 16
-- bytes, then the trailer).
local function floor_kind(tvb)
	if tvb:len() < 12 or tvb(0, 1):bitfield(0, 2) ~= 2 or tvb(1, 1):uint() ~= 204 then return nil end
	local rest = tvb:len() - (tvb(2, 2):uint() + 1) * 4
	if rest == 0 and tvb(8, 4):string() == "PoC1" then return "plain" end
	if rest == E_INDEX + MKI + TAG then return "srtcp", TAG end
	if rest == 16 + E_INDEX + MKI then return "srtcp", 0 end
	return nil
end

local function tbcp(tvb, root)
	local tree = root:add(channel, tvb(), "PTTKey floor message (TBCP)")
	tree:add(cf.subtype, tvb(0, 1))
	tree:add(cf.ssrc, tvb(4, 4))
end

local function floor(tvb, pinfo, root)
	local kind, tag = floor_kind(tvb)
	if not kind then return false end
	if kind == "plain" then
		rtcp:call(tvb, pinfo, root)
		tbcp(tvb, root)
		return true
	end
	local mki = tvb:len() - tag - MKI
	local index = mki - E_INDEX
	pinfo.cols.protocol = "SRTCP"
	local tree = root:add(channel, tvb(), "PTTKey channel: floor message, SRTCP")
	tree:add(cf.ssrc, tvb(4, 4))
	tree:add(cf.sealed, tvb(8, index - 8))
	tree:add(cf.index, tvb(index, 4))
	local name = mki_add(tree, tvb(mki, MKI))
	if tag > 0 then tree:add(cf.tag, tvb(mki + MKI, tag)) end
	pinfo.cols.info = "Floor message, " .. name
	return true
end

channel:register_heuristic("udp", floor)

-- Encrypted RTP: the clear header, and the MKI before the tag (GCM: last). The MKIs of the MTK messages seen
-- so far distinguish it from plain RTP, which `pttkey lab decrypt` writes.
local known = {}
function channel.init() known = {} end

local function sealed(tvb)
	if tvb:len() < 12 + MKI + TAG or tvb(0, 1):bitfield(0, 2) ~= 2 then return nil end
	for _, tag in ipairs({ TAG, 0 }) do
		if known[tostring(tvb(tvb:len() - tag - MKI, MKI):bytes())] then return tag end
	end
	return nil
end

local function audio(tvb, pinfo, root, tag)
	local tree = root:add(channel, tvb(), "PTTKey channel: audio, SRTP")
	tree:add(cf.pt, tvb(1, 1))
	tree:add(cf.seq, tvb(2, 2))
	tree:add(cf.ssrc, tvb(8, 4))
	local mki = tvb:len() - tag - MKI
	tree:add(cf.sealed, tvb(12, mki - 12))
	local name = mki_add(tree, tvb(mki, MKI))
	if tag > 0 then tree:add(cf.tag, tvb(mki + MKI, tag)) end
	pinfo.cols.protocol = "SRTP"
	pinfo.cols.info = string.format("Audio, seq %d, SSRC 0x%08x, %s", tvb(2, 2):uint(), tvb(8, 4):uint(), name)
end

-- If the capture has the session's SDP, Wireshark's SRTP dissector comes first: then this one only adds to it.
local srtp = Proto("pttkey_srtp", "PTTKey channel audio")
local rtp = Dissector.get("rtp")
function srtp.dissector(tvb, pinfo, root)
	local tag = sealed(tvb)
	if not tag then return rtp:call(tvb, pinfo, root) end
	audio(tvb, pinfo, root, tag)
	return tvb:len()
end
local ports = DissectorTable.get("udp.port")
local bound = 0
local function bind()
	if bound ~= 0 then ports:remove(bound, srtp) end
	bound = channel.prefs.audio_port
	if bound ~= 0 then ports:add(bound, srtp) end
end
channel.prefs_changed = bind
bind()

-- MIKEY: Wireshark shows a General Extension as bytes; type 3 is the Key ID information of RFC 4563.
local keyid = Proto("mikey_keyid", "MIKEY Key ID")
local kf = names(keyid, "mikey_keyid")
kf.ext = ProtoField.bytes("mikey_keyid.id", "Key ID")
keyid.fields = { kf.domain, kf.msk, kf.group, kf.number, kf.mtk, kf.ext }
local ext, port, payload = Field.new("mikey.ext"), Field.new("udp.dstport"), Field.new("udp.payload")
local ours, read = Field.new("pttkey.mki"), Field.new("pttkey.subtype")
local NAMES = { [0] = { "domain", 3 }, [1] = { "msk", 4 }, [2] = { "mtk", 2 } }

local function keyid_add(root, range)
	local tree = root:add(keyid, range, "MIKEY Key ID (RFC 4563)")
	local ids = {}
	local at = 4 -- next payload, type, length
	while at + 2 <= range:len() do
		local kind, len = NAMES[range:range(at, 1):uint()], range:range(at + 1, 1):uint()
		if at + 2 + len > range:len() then return end
		local id = range:range(at + 2, len)
		if kind and len == kind[2] then
			local sub = tree:add(kf[kind[1]], id)
			ids[kind[1]] = tostring(id:bytes())
			if kind[1] == "msk" then
				sub:add(kf.group, id:range(0, 2))
				sub:add(kf.number, id:range(2, 2))
			end
		else
			tree:add(kf.ext, id)
		end
		at = at + 2 + len
	end
	if ids.msk and ids.mtk then known[ids.msk .. ids.mtk] = true end
end

-- a=key-mgmt:mikey BASE64 (RFC 4567), which Wireshark 4.0 shows as text.
local attribute = Field.new("sdp.media_attribute.value")
local mikey = Dissector.get("mikey")
local function sdp_keys(pinfo, root)
	for _, info in ipairs({ attribute() }) do
		local text = info.value:match("^%s*mikey%s+([%w+/=]+)")
		local bytes = text and ByteArray.new(text, true):base64_decode()
		if bytes and bytes:len() > 10 then mikey:call(bytes:tvb("MIKEY of a=key-mgmt"), pinfo, root) end
	end
end

function keyid.dissector(_, pinfo, root)
	local protocol = tostring(pinfo.cols.protocol)
	sdp_keys(pinfo, root)
	if attribute() then pinfo.cols.protocol = protocol end -- the message stays SIP
	for _, info in ipairs({ ext() }) do
		local range = info.range
		if range:len() >= 4 and range:range(1, 1):uint() == 3 then keyid_add(root, range) end
	end
	if not port() or not payload() or ours() or read() then return end
	-- What others took first, because the SDP was captured: RTCP's port of a member, the channel's audio.
	local tvb = payload().range:tvb()
	if floor_kind(tvb) == "plain" then
		tbcp(tvb, root)
	elseif port().value == bound then
		local tag = sealed(tvb)
		if tag then audio(tvb, pinfo, root, tag) end
	end
end

register_postdissector(keyid)
