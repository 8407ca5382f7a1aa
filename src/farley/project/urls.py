from django.urls import include, path

urlpatterns = [path("", include("farley.dav.urls")), path("", include("farley.web.urls"))]

handler400 = "farley.web.shell.errors.bad_request"
handler403 = "farley.web.shell.errors.forbidden"
handler404 = "farley.web.shell.errors.not_found"
handler500 = "farley.web.shell.errors.server_error"
