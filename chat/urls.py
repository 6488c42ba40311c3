from django.urls import path

from chat import views

app_name = "chat"

_message = "c/<uuid:conversation_id>/messages/<uuid:message_id>"

urlpatterns = [
    path("", views.index, name="index"),
    path("c/new", views.new_chat, name="new"),
    path("c/new/turns", views.start_turn, name="start"),
    path("c/<uuid:conversation_id>", views.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/turns", views.start_turn, name="turns"),
    path("c/<uuid:conversation_id>/messages", views.messages, name="messages"),
    path("c/<uuid:conversation_id>/rename", views.rename, name="rename"),
    path("c/<uuid:conversation_id>/delete", views.delete, name="delete"),
    path(f"{_message}/regenerate", views.regenerate, name="regenerate"),
    path(f"{_message}/continue", views.continue_reply, name="continue"),
    path(f"{_message}/choose", views.choose, name="choose"),
    path("generations/<uuid:generation_id>/stop", views.stop, name="stop"),
    path("sidebar", views.sidebar, name="sidebar"),
    path("styleguide", views.styleguide, name="styleguide"),
]
