"""Whether a reply holds more than text and thoughts, which the database finds out when it is whole.

A model reads such a reply by its parts, and any other by its text: to look into the parts of a long conversation each
time would take as long again as reading it.
"""

from django.db import migrations, models

_PATH = '$[*] ? (@.type != "text" && @.type != "think")'
FUNCTION = f"""
CREATE FUNCTION message_beyond_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.beyond_text := jsonb_path_exists(NEW.parts, '{_PATH}');
    RETURN NEW;
END $$;
CREATE TRIGGER message_beyond_text BEFORE INSERT OR UPDATE OF parts, state ON chat_message
    FOR EACH ROW WHEN (NEW.author = 'assistant' AND NEW.state <> 'streaming') EXECUTE FUNCTION message_beyond_text();
"""
NO_FUNCTION = "DROP TRIGGER message_beyond_text ON chat_message; DROP FUNCTION message_beyond_text();"
# Reads every reply once, and writes only those that hold more, of which the release before made none.
FILL = f"""
UPDATE chat_message SET beyond_text = true
WHERE author = 'assistant' AND state <> 'streaming' AND jsonb_path_exists(parts, '{_PATH}')
"""


class Migration(migrations.Migration):
    atomic = False  # the table is not locked while it is read
    dependencies = [("chat", "0019_waiting_runs_indexes")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="beyond_text",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(FUNCTION, NO_FUNCTION),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
