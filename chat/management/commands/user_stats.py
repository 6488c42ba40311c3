from typing import Any

from django.db import connection

from accounts.management.admin_command import AdminCommand, table

_COUNTS = """
SELECT u.email, count(DISTINCT c.id), count(m.id) FROM accounts_user u
LEFT JOIN chat_conversation c ON c.owner_id = u.id AND c.deleted_at IS NULL
LEFT JOIN chat_message m ON m.conversation_id = c.id GROUP BY u.id ORDER BY u.email
"""


class Command(AdminCommand):
    help = "Count the conversations and messages of each user."

    def run_with(self, **options: Any) -> tuple[Any, str]:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS)
            rows = cursor.fetchall()
        records = [{"email": email, "conversations": chats, "messages": messages} for email, chats, messages in rows]
        return records, table([list(row) for row in rows], ["email", "conversations", "messages"])
