package io.sskuba.spec;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// From bytes to the nodes of one YAML 1.2 document, within limits.
/// - Limits: the constants below. The events are counted before anything is composed, so neither
///   deep nesting nor aliases of aliases cost more than reading the text.
/// - Errors: none is thrown; what is wrong goes to [Issues] as unreadable.
final class SpecSource {
  static final int BYTES_MAX = 1 << 20;
  static final int ALIASES_MAX = 100;
  static final int DEPTH_MAX = 50;
  private static final int DOCUMENTS_MAX = 100;

  /// Nodes after aliases are followed. The largest sensible file (1,000 machines) has under 20,000.
  static final int NODES_MAX = 100_000;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setSchema(new CoreSchema())
          .setCodePointLimit(BYTES_MAX + 1)
          .setParseComments(false)
          .build();

  private final Issues issues;

  private SpecSource(Issues issues) {
    this.issues = issues;
  }

  /// The root node, or null when an issue says why there is none.
  static @Nullable Node read(byte[] bytes, Issues issues) {
    SpecSource source = new SpecSource(issues);
    String text = source.decode(bytes);
    if (text == null || !source.withinLimits(text, 1)) {
      return null;
    }
    return source.compose(text);
  }

  /// Whether `text` keeps the same limits, with any number of documents in it (a patch).
  static boolean acceptable(String text, Issues issues) {
    SpecSource source = new SpecSource(issues);
    return source.printable(text) && source.withinLimits(text, DOCUMENTS_MAX);
  }

  private @Nullable String decode(byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      issues.unreadable(
          Position.START, "the file has " + bytes.length + " bytes", "at most 1048576 (1 MiB)");
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      issues.unreadable(
          end(text),
          String.format("byte 0x%02x is not UTF-8", bytes[in.position()] & 0xff),
          "UTF-8");
      return null;
    }
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    return printable(text) ? text : null;
  }

  private boolean printable(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      if (!StreamReader.isPrintable(c)) {
        issues.unreadable(
            end(text.substring(0, i)),
            String.format("character U+%04X may not stand in YAML", c),
            "printable text");
        return false;
      }
    }
    return true;
  }

  /// The position just after `prefix`.
  private static Position end(String prefix) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < prefix.length(); i++) {
      char c = prefix.charAt(i);
      if (c == '\n' || (c == '\r' && (i + 1 == prefix.length() || prefix.charAt(i + 1) != '\n'))) {
        line++;
        lineStart = i + 1;
      }
    }
    return new Position(line, prefix.codePointCount(lineStart, prefix.length()) + 1);
  }

  /// What an anchor stands for, once aliases are followed.
  private record Extent(int nodes, int depth) {}

  /// A collection that is being read: grows while its children are counted.
  private static final class Frame {
    final @Nullable String anchor;
    int nodes = 1;
    int depth = 1;

    Frame(@Nullable String anchor) {
      this.anchor = anchor;
    }

    void add(Extent child) {
      nodes = Math.min(NODES_MAX + 1, nodes + child.nodes);
      depth = Math.max(depth, child.depth + 1);
    }
  }

  private boolean withinLimits(String text, int documentsMax) {
    Position last = Position.START;
    try {
      Census census = new Census(documentsMax);
      for (Event event : new Parse(SETTINGS).parseString(text)) {
        last = Position.of(event.getStartMark());
        String wrong = census.take(event);
        if (wrong != null) {
          issues.unreadable(last, wrong, census.expected);
          return false;
        }
      }
      if (census.documents == 0) {
        issues.unreadable(
            Position.START, "the file is empty", "a cluster: apiVersion, kind, metadata, target");
        return false;
      }
      return true;
    } catch (MarkedYamlEngineException e) {
      Position at = e.getProblemMark().isPresent() ? Position.of(e.getProblemMark()) : last;
      String problem = e.getProblem() == null ? "malformed" : e.getProblem();
      issues.unreadable(at, "not YAML: " + oneLine(problem), null);
    } catch (YamlEngineException | IllegalArgumentException | IndexOutOfBoundsException e) {
      // The last two: the scanner lets them through for escapes beyond Unicode.
      issues.unreadable(last, "not YAML: " + oneLine(String.valueOf(e.getMessage())), null);
    }
    return false;
  }

  /// Counts events against the limits; one instance a file.
  private static final class Census {
    private final Deque<Frame> open = new ArrayDeque<>();
    private final Map<String, Extent> anchors = new HashMap<>();
    private final int documentsMax;
    private int aliases;
    private int documents;
    private @Nullable String expected;

    Census(int documentsMax) {
      this.documentsMax = documentsMax;
    }

    /// Null, or what is wrong with this event ([#expected] then says what would be right).
    @Nullable String take(Event event) {
      switch (event.getEventId()) {
        case DocumentStart -> {
          if (++documents > documentsMax) {
            expected = documentsMax == 1 ? "exactly one" : "at most " + documentsMax;
            return documentsMax == 1 ? "a second document starts here" : "too many documents";
          }
        }
        case SequenceStart, MappingStart -> {
          CollectionStartEvent start = (CollectionStartEvent) event;
          if (start.getTag().isPresent()) {
            return tag(start.getTag().get());
          }
          open.push(new Frame(anchor(start)));
          if (open.size() > DEPTH_MAX) {
            return tooDeep();
          }
        }
        case SequenceEnd, MappingEnd -> {
          Frame done = open.pop();
          return leaf(done.anchor, new Extent(done.nodes, done.depth));
        }
        case Scalar -> {
          ScalarEvent scalar = (ScalarEvent) event;
          if (scalar.getTag().isPresent()) {
            return tag(scalar.getTag().get());
          }
          if (scalar.isPlain() && scalar.getValue().equals("<<")) {
            // YAML 1.1 only; the composer would follow it and hide which keys a mapping has.
            expected = "each key written out";
            return "merge key <<, which YAML 1.2 does not have";
          }
          return leaf(anchor(scalar), new Extent(1, 0));
        }
        case Alias -> {
          return alias((AliasEvent) event);
        }
        default -> {}
      }
      return null;
    }

    private static @Nullable String anchor(NodeEvent event) {
      return event.getAnchor().map(Anchor::getValue).orElse(null);
    }

    private String tag(String tag) {
      expected = "plain YAML; no tag is needed";
      return "tag " + Issues.quote(tag);
    }

    private String tooDeep() {
      expected = "at most " + DEPTH_MAX + " levels";
      return "nested too deeply";
    }

    private @Nullable String alias(AliasEvent event) {
      String name = event.getAlias().getValue();
      if (++aliases > ALIASES_MAX) {
        expected = "at most " + ALIASES_MAX;
        return "too many aliases";
      }
      Extent extent = anchors.get(name);
      if (extent == null) {
        expected = "an anchor that is complete before it is used";
        return "alias " + Issues.quote(name) + " has no anchor before it";
      }
      return leaf(null, extent);
    }

    private @Nullable String leaf(@Nullable String anchor, Extent extent) {
      if (anchor != null) {
        anchors.put(anchor, extent);
      }
      Frame parent = open.peek();
      if (parent == null) {
        return null;
      }
      parent.add(extent);
      if (open.size() + extent.depth > DEPTH_MAX) {
        return tooDeep();
      }
      if (parent.nodes > NODES_MAX) {
        expected = "at most " + NODES_MAX;
        return "too many values, aliases followed";
      }
      return null;
    }
  }

  private @Nullable Node compose(String text) {
    try {
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      if (root.isPresent()) {
        return root.get();
      }
      issues.unreadable(Position.START, "the file is empty", "a cluster");
    } catch (MarkedYamlEngineException e) {
      String problem = e.getProblem() == null ? "malformed" : e.getProblem();
      issues.unreadable(Position.of(e.getProblemMark()), "not YAML: " + oneLine(problem), null);
    } catch (YamlEngineException | IllegalArgumentException | IndexOutOfBoundsException e) {
      issues.unreadable(
          Position.START, "not YAML: " + oneLine(String.valueOf(e.getMessage())), null);
    }
    return null;
  }

  private static String oneLine(String text) {
    String line = text.lines().findFirst().orElse("malformed");
    return line.length() > 120 ? line.substring(0, 120) + "…" : line;
  }
}
