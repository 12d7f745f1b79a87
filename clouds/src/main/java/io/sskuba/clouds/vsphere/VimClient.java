package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.OwnServer;
import io.sskuba.clouds.vsphere.VsphereFailure.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/// The vSphere API (SOAP, `urn:vim25`) of a vCenter: what the providers' plugin speaks too, in all
/// releases that are in use.
///
/// A session is opened with the first call and once more when the vCenter ended it. Properties are
/// read with traversals, so that not even a view is made.
/// - Limits: 1000 objects a page, 20 pages.
/// - Errors: [VsphereFailure], [OwnServer.Unreachable].
final class VimClient implements AutoCloseable {
  private static final int PAGE = 1000;
  private static final int PAGES = 20;
  private static final String COOKIE = "vmware_soap_session";

  private final OwnServer server;
  private final Supplier<Login> login;
  private @Nullable Session session;
  private @Nullable Service service;

  /// Why nobody is let in, or nobody answers: it is not tried again, or many questions at once
  /// would lock the user out.
  private @Nullable RuntimeException closed;

  record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[" + user + "]";
    }
  }

  /// A managed object.
  record Ref(String type, String id) {
    String as(String element) {
      return "<%s type=\"%s\">%s</%s>".formatted(element, type, Xml.escaped(id), element);
    }

    static Ref of(Element element) {
      return new Ref(element.getAttribute("type"), element.getTextContent().strip());
    }
  }

  /// @param uuid the vCenter's own
  record Service(
      String version,
      String uuid,
      Ref root,
      Ref properties,
      Ref sessions,
      Ref rights,
      Ref searches) {}

  /// @param key id of the session, which is no secret: the cookie is
  private record Session(String cookie, String key, String user) {}

  VimClient(OwnServer server, Supplier<Login> login) {
    this.server = server;
    this.login = login;
  }

  /// What the vCenter says of itself; asked once.
  synchronized Service service() {
    Service known = service;
    if (known == null) {
      known = once(this::introduced);
      service = known;
    }
    return known;
  }

  private <T> T once(Supplier<T> opening) {
    RuntimeException before = closed;
    if (before != null) {
      throw before;
    }
    try {
      return opening.get();
    } catch (RuntimeException e) {
      closed = e;
      throw e;
    }
  }

  private Service introduced() {
    Element content =
        answered(
            post(
                null,
                "RetrieveServiceContent",
                new Ref("ServiceInstance", "ServiceInstance").as("_this")),
            "RetrieveServiceContent");
    Element value = returned(content);
    return new Service(
        Xml.text(value, "about", "apiVersion"),
        Xml.text(value, "about", "instanceUuid"),
        ref(value, "rootFolder"),
        ref(value, "propertyCollector"),
        ref(value, "sessionManager"),
        ref(value, "authorizationManager"),
        ref(value, "searchIndex"));
  }

  private static Ref ref(Element value, String name) {
    return Xml.child(value, name)
        .map(Ref::of)
        .orElseThrow(() -> new VsphereFailure(Kind.STRANGER, "it has no " + name));
  }

  private static Element returned(Element response) {
    return Xml.child(response, "returnval")
        .orElseThrow(() -> new VsphereFailure(Kind.OTHER, "its answer is empty"));
  }

  /// The user as the vCenter names it.
  String user() {
    return session().user();
  }

  String sessionKey() {
    return session().key();
  }

  private synchronized Session session() {
    Session open = session;
    if (open == null) {
      Ref manager = service().sessions();
      open = once(() -> opened(manager));
      session = open;
    }
    return open;
  }

  private Session opened(Ref manager) {
    Login who = login.get();
    OwnServer.Answer answer =
        post(
            null,
            "Login",
            manager.as("_this")
                + "<userName>"
                + Xml.escaped(who.user())
                + "</userName><password>"
                + Xml.escaped(who.password())
                + "</password>");
    Element value = returned(answered(answer, "Login"));
    String cookie =
        answer.headers().allValues("Set-Cookie").stream()
            .filter(c -> c.startsWith(COOKIE + "="))
            .map(c -> c.split(";", 2)[0])
            .findFirst()
            .orElseThrow(() -> new VsphereFailure(Kind.STRANGER, "it gives no session"));
    return new Session(cookie, Xml.text(value, "key"), Xml.text(value, "userName"));
  }

  private synchronized void forget(Session ended) {
    if (ended.equals(session)) {
      session = null;
    }
  }

  /// @return the response's own element
  Element call(String method, Ref self, String arguments) {
    Session open = session();
    try {
      return answered(post(open.cookie(), method, self.as("_this") + arguments), method);
    } catch (VsphereFailure e) {
      if (e.kind() != Kind.CREDENTIALS) {
        throw e;
      }
      forget(open); // it ended: idle for half an hour, or an administrator ended it
      return answered(post(session().cookie(), method, self.as("_this") + arguments), method);
    }
  }

  private OwnServer.Answer post(@Nullable String cookie, String method, String inner) {
    String envelope =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope"
            + " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
            + " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
            + " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><"
            + method
            + " xmlns=\"urn:vim25\">"
            + inner
            + "</"
            + method
            + "></soapenv:Body></soapenv:Envelope>";
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "text/xml; charset=utf-8");
    // A client that names no release is answered as one of the oldest.
    headers.put("SOAPAction", "urn:vim25/7.0");
    if (cookie != null) {
      headers.put("Cookie", cookie);
    }
    return server.send("POST", "/sdk", headers, envelope);
  }

  private static Element answered(OwnServer.Answer answer, String method) {
    switch (answer.status()) {
      case 404, 405 ->
          throw new VsphereFailure(Kind.STRANGER, "status " + answer.status() + " at /sdk");
      case 401 -> throw new VsphereFailure(Kind.CREDENTIALS, "status 401");
      case 403 -> throw new VsphereFailure(Kind.DENIED, "status 403");
      case 429, 503 -> throw new VsphereFailure(Kind.BUSY, "status " + answer.status());
      default -> {}
    }
    Element body;
    try {
      Element envelope = Xml.read(answer.body());
      body =
          Xml.child(envelope, "Body")
              .flatMap(b -> Xml.children(b).stream().findFirst())
              .orElseThrow(() -> new IOException("the answer has no body"));
    } catch (IOException e) {
      throw new VsphereFailure(
          answer.status() == 200 ? Kind.STRANGER : Kind.OTHER,
          "status " + answer.status() + ", no answer of a vCenter");
    }
    if (Xml.name(body).equals("Fault")) {
      throw fault(body, method);
    }
    return body;
  }

  private static VsphereFailure fault(Element fault, String method) {
    String name =
        Xml.child(fault, "detail")
            .flatMap(d -> Xml.children(d).stream().findFirst())
            .map(Xml::name)
            .orElse("Fault")
            .replaceFirst("Fault$", "");
    Kind kind =
        switch (name) {
          case "InvalidLogin", "NotAuthenticated", "PasswordExpired", "InvalidLocale" ->
              Kind.CREDENTIALS;
          case "NoPermission", "RestrictedVersion" -> Kind.DENIED;
          case "ManagedObjectNotFound", "NotFound" -> Kind.NOT_FOUND;
          default -> Kind.OTHER;
        };
    String privilege =
        Xml.child(fault, "detail")
            .flatMap(d -> Xml.children(d).stream().findFirst())
            .map(d -> Xml.text(d, "privilegeId"))
            .orElse("");
    return new VsphereFailure(
        kind, method + ": " + name + (privilege.isEmpty() ? "" : " " + privilege));
  }

  /// An object and the properties of it that the user may read.
  record Seen(Ref ref, Map<String, Element> properties) {
    String text(String property) {
      Element value = properties.get(property);
      return value == null ? "" : value.getTextContent().strip();
    }

    long number(String property) {
      try {
        return Long.parseLong(text(property));
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    boolean is(String property) {
      return text(property).equals("true");
    }

    Optional<Ref> ref(String property) {
      return Optional.ofNullable(properties.get(property)).map(Ref::of);
    }

    /// The elements of an array.
    List<Element> list(String property) {
      Element value = properties.get(property);
      return value == null ? List.of() : Xml.children(value);
    }

    List<String> ids(String property) {
      return list(property).stream().map(e -> e.getTextContent().strip()).toList();
    }
  }

  /// A step of a traversal.
  ///
  /// @param then names of the steps that follow
  record Step(String name, String type, String path, List<String> then) {
    private String xml() {
      StringBuilder out =
          new StringBuilder("<selectSet xsi:type=\"TraversalSpec\"><name>")
              .append(name)
              .append("</name><type>")
              .append(type)
              .append("</type><path>")
              .append(path)
              .append("</path><skip>false</skip>");
      then.forEach(
          n ->
              out.append("<selectSet xsi:type=\"SelectionSpec\"><name>")
                  .append(n)
                  .append("</name></selectSet>"));
      return out.append("</selectSet>").toString();
    }
  }

  /// Properties of objects that are known. Those that are gone are left out.
  List<Seen> read(List<Ref> objects, Map<String, List<String>> wanted) {
    return objects.isEmpty() ? List.of() : look(objects, wanted, List.of());
  }

  /// Whatever is reached from an object.
  ///
  /// @param wanted type to its properties
  List<Seen> look(Ref from, Map<String, List<String>> wanted, List<Step> steps) {
    return look(List.of(from), wanted, steps);
  }

  private List<Seen> look(List<Ref> from, Map<String, List<String>> wanted, List<Step> steps) {
    StringBuilder spec = new StringBuilder("<specSet>");
    wanted.forEach(
        (type, properties) -> {
          spec.append("<propSet><type>").append(type).append("</type>");
          properties.forEach(p -> spec.append("<pathSet>").append(p).append("</pathSet>"));
          spec.append("</propSet>");
        });
    for (Ref object : from) {
      spec.append("<objectSet>").append(object.as("obj")).append("<skip>false</skip>");
      steps.forEach(s -> spec.append(s.xml()));
      spec.append("</objectSet>");
    }
    spec.append("<reportMissingObjectsInResults>true</reportMissingObjectsInResults>")
        .append("</specSet><options><maxObjects>")
        .append(PAGE)
        .append("</maxObjects></options>");
    Ref collector = service().properties();
    List<Seen> seen = new ArrayList<>();
    Element response = call("RetrievePropertiesEx", collector, spec.toString());
    for (int page = 0; page < PAGES; page++) {
      Optional<Element> value = Xml.child(response, "returnval");
      if (value.isEmpty()) {
        return seen;
      }
      Xml.children(value.get(), "objects").forEach(o -> seen.add(seen(o)));
      String token = Xml.text(value.get(), "token");
      if (token.isEmpty()) {
        return seen;
      }
      response =
          call(
              "ContinueRetrievePropertiesEx",
              collector,
              "<token>" + Xml.escaped(token) + "</token>");
    }
    return seen;
  }

  private static Seen seen(Element object) {
    Map<String, Element> properties = new LinkedHashMap<>();
    for (Element property : Xml.children(object, "propSet")) {
      Xml.child(property, "val").ifPresent(v -> properties.put(Xml.text(property, "name"), v));
    }
    return new Seen(Xml.child(object, "obj").map(Ref::of).orElseThrow(), properties);
  }

  /// Ends the session, if there is one; what fails then is the vCenter's to clean up.
  @Override
  public void close() {
    Session open;
    synchronized (this) {
      open = session;
      session = null;
    }
    if (open != null) {
      try {
        post(open.cookie(), "Logout", service().sessions().as("_this"));
      } catch (RuntimeException e) {
        return; // it ends by itself, after half an hour
      }
    }
  }
}
