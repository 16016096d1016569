"""Notifications: the room that carries words to people.

What it is for: turning a text key and a few harmless facts into an SMS or an e-mail, handing it to whoever
delivers it, and telling the caller honestly what became of it.

    message   what is sent, and the receipt that comes back
    sender    the two ports, and the choice of an adapter by URL
    sms*      GSM-7, segments, the local sink, Twilio
    mail*     MIME, the local mailbox, SMTP
    calendar  invitations (RFC 5545, RFC 5546)
    texts     the words, in ten languages, from an allow-list of facts; texts_lint reads every one of them
    when      a start said in words
    numbers   phone numbers in and out of E.164
    replies   what a patient's answer means; alarms finds words in it that cannot wait

What it never does: know of appointments, people, databases or the server; decide when or whether to send; write
personal data to a log or into an error; import anything of ours.
"""
