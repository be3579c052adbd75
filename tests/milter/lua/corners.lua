-- Corners of the protocol that no Postfix shows: an MTA without the blanks of header fields, without silent steps, without macros; a message
-- that is given up; two over one connection; a client without an address.
conn = mt.connect(socket)
if conn == nil then error("no connection") end

-- All actions are offered (255), and no step of ours (1024 is SMFIP_SKIP): every command is answered, and values come without their blank.
if mt.negotiate(conn, 6, 1024, 255) ~= nil then error("negotiation failed") end
if mt.conninfo(conn, "unknown", "unspec") ~= nil then error("conninfo failed") end
if mt.helo(conn, "mail.example.org") ~= nil then error("helo failed") end

-- A message that is given up after its recipients.
mt.mailfrom(conn, "<eve@grift.test>")
mt.rcptto(conn, "<bo@example.net>")
mt.abort(conn)

for number = 1, 2 do
    if mt.mailfrom(conn, "<ada@example.org>") ~= nil then error("mailfrom failed") end
    if mt.getreply(conn) ~= SMFIR_CONTINUE then error("mailfrom is not answered") end
    if mt.rcptto(conn, "<bo@example.net>") ~= nil then error("rcptto failed") end
    if mt.getreply(conn) ~= SMFIR_CONTINUE then error("rcptto is not answered") end
    mt.header(conn, "From", "ada@example.org")
    mt.header(conn, "Authentication-Results", "mx.example.net; spf=pass smtp.mailfrom=forged.example")
    mt.header(conn, "Authentication-Results", "elsewhere.example; spf=pass")
    if mt.eoh(conn) ~= nil then error("eoh failed") end
    if mt.bodystring(conn, "Hello\r\n") ~= nil then error("body failed") end
    if mt.eom(conn) ~= nil then error("eom failed") end
    if not mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results") then error("no results are inserted") end
    if not mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 1) then error("the forged one stays") end
    if mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 2) then error("the foreign one goes") end
end
mt.disconnect(conn)
