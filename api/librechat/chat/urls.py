from django.urls import path, register_converter
from django.urls.converters import PathConverter

from api.librechat.chat import (
    chat_views,
    feedback_views,
    message_views,
    organise_views,
    project_views,
    queued_views,
    views,
    waiting_views,
)


class EndpointConverter(PathConverter):
    """The name of an endpoint, which may have slashes in it, though not at its end."""

    regex = ".*[^/]"


register_converter(EndpointConverter, "endpoint")

urlpatterns = [
    path("convos", views.ConversationsView.as_view(), name="conversations"),
    path("convos/all", views.AllConversationsView.as_view(), name="conversations_all"),
    path("convos/update", views.RenameView.as_view(), name="conversations_update"),
    path("convos/archive", organise_views.ArchiveView.as_view(), name="conversations_archive"),
    path("convos/archive/all", organise_views.ArchiveAllView.as_view(), name="conversations_archive_all"),
    path("convos/pin", organise_views.PinView.as_view(), name="conversations_pin"),
    path("convos/fork", organise_views.ForkView.as_view(), name="conversations_fork"),
    path("convos/duplicate", organise_views.DuplicateView.as_view(), name="conversations_duplicate"),
    path("convos/gen_title/<str:conversation_id>", chat_views.gen_title, name="conversations_gen_title"),
    path("convos/<uuid:conversation_id>", views.ConversationView.as_view(), name="conversation"),
    path("tags", organise_views.TagsView.as_view(), name="tags"),
    path("tags/convo/<uuid:conversation_id>", organise_views.ConversationTagsView.as_view(), name="conversation_tags"),
    path("tags/<path:name>", organise_views.TagView.as_view(), name="tag"),
    path("projects", project_views.ProjectsView.as_view(), name="projects"),
    path("projects/<uuid:project_id>", project_views.ProjectView.as_view(), name="project"),
    path("projects/conversations/<uuid:conversation_id>", project_views.MoveView.as_view(), name="project_move"),
    path("user/settings/favorites", project_views.FavoritesView.as_view(), name="favorites"),
    path("user/settings/pinned-order", organise_views.PinnedOrderView.as_view(), name="pinned_order"),
    path("search/enable", message_views.SearchEnabledView.as_view(), name="search_enable"),
    path("messages/branch", message_views.BranchView.as_view(), name="messages_branch"),
    path("messages", message_views.MessagesView.as_view(), name="messages"),
    path(
        "messages/<str:conversation_id>",
        message_views.ConversationMessagesView.as_view(),
        name="conversation_messages",
    ),
    path(
        "messages/<uuid:conversation_id>/<uuid:message_id>", message_views.MessageDetailView.as_view(), name="message"
    ),
    path(
        "messages/<uuid:conversation_id>/<uuid:message_id>/feedback",
        feedback_views.FeedbackView.as_view(),
        name="message_feedback",
    ),
    path("agents/chat/active", chat_views.ActiveView.as_view(), name="chat_active"),
    path("agents/chat/abort", chat_views.AbortView.as_view(), name="chat_abort"),
    path("agents/chat/status/<str:conversation_id>", chat_views.StatusView.as_view(), name="chat_status"),
    path("agents/chat/stream/<str:stream_id>", chat_views.stream, name="chat_stream"),
    path("agents/chat/resume", waiting_views.ResumeView.as_view(), name="chat_resume"),
    path("agents/chat/steer", waiting_views.SteerView.as_view(), name="chat_steer"),
    path("agents/chat/steer/deliver", waiting_views.SteerDeliverView.as_view(), name="chat_steer_deliver"),
    path("agents/chat/steer/cancel", waiting_views.SteerCancelView.as_view(), name="chat_steer_cancel"),
    path("agents/chat/steer/arm", waiting_views.SteerArmView.as_view(), name="chat_steer_arm"),
    path("agents/chat/queued-turns", queued_views.QueuedTurnsView.as_view(), name="chat_queued_turns"),
    path("agents/chat/queued-turns/<str:turn_id>", queued_views.QueuedTurnView.as_view(), name="chat_queued_turn"),
    path("agents/chat", chat_views.StartView.as_view(), name="chat_start"),
    path("agents/chat/<endpoint:endpoint>", chat_views.StartAtView.as_view(), name="chat_start_at"),
]
