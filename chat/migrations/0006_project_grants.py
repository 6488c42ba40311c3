from django.db import migrations

# However a project goes, also with its owner's account: nobody keeps rights on it.
FORWARD = """
CREATE FUNCTION chat_forget_project_grants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM accounts_grant WHERE resource_type = 'project' AND resource_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER chat_project_grants AFTER DELETE ON chat_project FOR EACH ROW
EXECUTE FUNCTION chat_forget_project_grants();
"""
BACKWARD = """
DROP TRIGGER chat_project_grants ON chat_project;
DROP FUNCTION chat_forget_project_grants();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_search_earlier"), ("accounts", "0005_access")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
