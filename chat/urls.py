from django.urls import path

from chat.views import acts, archive, conversations, editing, feedback, forking, projects, search, settings, tags, turns
from chat.views.tree_map import conversation_map

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
    path("c/<uuid:conversation_id>/map", conversation_map, name="map"),
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
    path("bookmarks", tags.index, name="tags"),
    path("bookmarks/new", tags.create, name="tag_create"),
    path("bookmarks/order", tags.reorder, name="tags_order"),
    path("bookmarks/<uuid:tag_id>", tags.change, name="tag_change"),
    path("bookmarks/<uuid:tag_id>/delete", tags.delete, name="tag_delete"),
    path("archive", archive.index, name="archive"),
    path("archive/all", archive.archive_all, name="archive_all"),
    path("archive/delete", archive.delete_all, name="delete_all"),
    path("projects", projects.index, name="projects"),
    path("projects/new", projects.create, name="project_create"),
    path("projects/<uuid:project_id>", projects.workspace, name="project"),
    path("projects/<uuid:project_id>/edit", projects.change, name="project_change"),
    path("projects/<uuid:project_id>/delete", projects.delete, name="project_delete"),
    path("favourites", projects.favourite, name="favourite"),
    path("favourites/order", projects.favourites_order, name="favourites_order"),
    path("search", search.index, name="search"),
    path("settings", settings.index, name="settings"),
    path("generations/<uuid:generation_id>/stop", turns.stop, name="stop"),
    path("sidebar", conversations.sidebar, name="sidebar"),
    path("styleguide", conversations.styleguide, name="styleguide"),
]
