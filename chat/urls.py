from django.urls import path

from chat.views import acts, conversations, editing, feedback, forking, turns

app_name = "chat"

_message = "c/<uuid:conversation_id>/messages/<uuid:message_id>"

urlpatterns = [
    path("", conversations.index, name="index"),
    path("c/new", conversations.new_chat, name="new"),
    path("c/new/turns", turns.start_turn, name="start"),
    path("c/<uuid:conversation_id>", conversations.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/turns", turns.start_turn, name="turns"),
    path("c/<uuid:conversation_id>/messages", conversations.messages, name="messages"),
    path("c/<uuid:conversation_id>/rename", conversations.rename, name="rename"),
    path("c/<uuid:conversation_id>/delete", conversations.delete, name="delete"),
    path("c/<uuid:conversation_id>/bookmarks", acts.bookmarks, name="conversation_tags"),
    path("c/<uuid:conversation_id>/move", acts.move, name="move"),
    path("c/<uuid:conversation_id>/do/<slug:verb>", acts.act, name="act"),
    path(_message, editing.message, name="message"),
    path(f"{_message}/edit", editing.edit, name="edit"),
    path(f"{_message}/rerun", editing.rerun, name="rerun"),
    path(f"{_message}/fork", forking.fork, name="fork"),
    path(f"{_message}/regenerate", turns.regenerate, name="regenerate"),
    path(f"{_message}/continue", turns.continue_reply, name="continue"),
    path(f"{_message}/feedback", feedback.feedback, name="feedback"),
    path(f"{_message}/choose", turns.choose, name="choose"),
    path("generations/<uuid:generation_id>/stop", turns.stop, name="stop"),
    path("sidebar", conversations.sidebar, name="sidebar"),
    path("styleguide", conversations.styleguide, name="styleguide"),
]
