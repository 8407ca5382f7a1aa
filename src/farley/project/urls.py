from django.urls import include, path

urlpatterns = [path("", include("farley.dav.urls")), path("", include("farley.web.urls"))]

handler400 = "farley.web.errors.bad_request"
handler403 = "farley.web.errors.forbidden"
handler404 = "farley.web.errors.not_found"
handler500 = "farley.web.errors.server_error"
