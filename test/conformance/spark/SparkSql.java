package breakwater;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.CurrentUserContext;
import org.apache.spark.sql.catalyst.util.DateTimeUtils;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.VariantType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * JSON over HTTP on loopback in front of one local SparkSession: /open /execute /fetch /cancel /closeOp /close. It adds nothing to
 * Spark's own API: parameters are bound by Spark, errors carry Spark's condition and SQLSTATE, every value travels as text.
 */
public final class SparkSql {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** A nested value in full: by itself to_json drops null fields and cuts moments to milliseconds. */
  private static final Map<String, String> WHOLE =
      Map.of("ignoreNullFields", "false", "timestampFormat", "yyyy-MM-dd HH:mm:ss.SSSSSS");
  private static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();
  private static final Map<String, Operation> OPERATIONS = new ConcurrentHashMap<>();

  private record Session(SparkSession spark, String user) {}

  private static final class Operation {
    private Thread thread;
    private boolean canceled;
    private Iterator<Row> rows = Collections.emptyIterator();
  }

  private SparkSql() {}

  /** One parameter as a value of its own type; Spark refuses what does not fit where it is used. */
  private static Object argument(Map<?, ?> parameter) {
    String value = (String) parameter.get("value");
    String type = String.valueOf(parameter.get("type"));
    if (value == null) return null;
    return switch (type) {
      case "BIGINT" -> Long.valueOf(value);
      case "INT", "INTEGER" -> Integer.valueOf(value);
      case "SMALLINT" -> Short.valueOf(value);
      case "TINYINT" -> Byte.valueOf(value);
      case "DOUBLE" -> Double.valueOf(value);
      case "FLOAT" -> Float.valueOf(value);
      case "BOOLEAN" -> Boolean.valueOf(value);
      case "DATE" -> LocalDate.parse(value);
      case "TIMESTAMP" -> timestamp(value);
      case "TIMESTAMP_NTZ" -> LocalDateTime.parse(value);
      case "BINARY" -> Base64.getDecoder().decode(value);
      default -> type.startsWith("DECIMAL") ? new BigDecimal(value) : value;
    };
  }

  /** Text of a moment as Spark's own cast reads it, in UTC, to the microsecond. */
  private static Instant timestamp(String value) {
    long micros = DateTimeUtils.stringToTimestampAnsi(UTF8String.fromString(value), ZoneOffset.UTC, null);
    return DateTimeUtils.microsToInstant(micros);
  }

  private static Dataset<Row> run(SparkSession spark, String sql, List<?> parameters) {
    if (parameters.isEmpty()) return spark.sql(sql);
    if (((Map<?, ?>) parameters.get(0)).get("name") == null)
      return spark.sql(sql, parameters.stream().map(p -> argument((Map<?, ?>) p)).toArray());
    Map<String, Object> named = new HashMap<>();
    for (Object one : parameters) named.put((String) ((Map<?, ?>) one).get("name"), argument((Map<?, ?>) one));
    return spark.sql(sql, named);
  }

  private static boolean isNested(DataType type) {
    return type instanceof StructType || type instanceof ArrayType || type instanceof MapType || type instanceof VariantType;
  }

  private static Object execute(Map<?, ?> request) {
    Session session = SESSIONS.get(String.valueOf(request.get("session")));
    if (session == null) throw new IllegalStateException("INVALID_HANDLE");
    String id = (String) request.get("op");
    // A cancel may overtake its statement: whoever comes first makes the entry.
    Operation operation = OPERATIONS.computeIfAbsent(id, key -> new Operation());
    operation.thread = Thread.currentThread();
    if (operation.canceled) throw new IllegalStateException("canceled");
    SparkSession spark = session.spark();
    SparkSession.setActiveSession(spark);
    CurrentUserContext.CURRENT_USER().set(session.user());
    spark.sparkContext().setJobGroup(id, "", true);
    Dataset<Row> answer = run(spark, (String) request.get("sql"), (List<?>) request.get("params"));
    StructField[] fields = answer.schema().fields();
    // Names may be equal or odd: columns are taken by place.
    String[] places = new String[fields.length];
    Column[] texts = new Column[fields.length];
    List<Object> columns = new ArrayList<>();
    for (int i = 0; i < fields.length; i++) {
      places[i] = "c" + i;
      DataType type = fields[i].dataType();
      columns.add(Map.of("name", fields[i].name(), "type", type.sql()));
      Column value = functions.col(places[i]);
      if (isNested(type)) texts[i] = functions.to_json(value, WHOLE);
      else if (type instanceof BinaryType) texts[i] = functions.base64(value);
      else texts[i] = value.cast("string");
    }
    if (fields.length > 0) operation.rows = answer.toDF(places).select(texts).collectAsList().iterator();
    return Map.of("columns", columns);
  }

  private static Object fetch(Map<?, ?> request) {
    Operation operation = OPERATIONS.get(String.valueOf(request.get("op")));
    if (operation == null) throw new IllegalStateException("INVALID_HANDLE");
    int maxRows = ((Number) request.get("maxRows")).intValue();
    List<Object> rows = new ArrayList<>();
    while (rows.size() < maxRows && operation.rows.hasNext()) {
      Row row = operation.rows.next();
      Object[] values = new Object[row.size()];
      for (int i = 0; i < values.length; i++) values[i] = row.get(i);
      rows.add(values);
    }
    return Map.of("rows", rows);
  }

  private static Object open(SparkSession root, Map<?, ?> request) {
    String id = UUID.randomUUID().toString();
    SESSIONS.put(id, new Session(root.newSession(), String.valueOf(request.get("user"))));
    return Map.of("session", id);
  }

  private static Object cancel(SparkSession root, String id) {
    Operation operation = OPERATIONS.computeIfAbsent(id, key -> new Operation());
    operation.canceled = true;
    root.sparkContext().cancelJobGroup(id);
    if (operation.thread != null) operation.thread.interrupt();
    return Map.of();
  }

  private static Object answer(SparkSession root, String path, Map<?, ?> request) {
    String id = String.valueOf(request.get("op"));
    return switch (path) {
      case "/open" -> open(root, request);
      case "/execute" -> execute(request);
      case "/fetch" -> fetch(request);
      case "/cancel" -> cancel(root, id);
      case "/closeOp" -> { OPERATIONS.remove(id); yield Map.of(); }
      case "/close" -> { SESSIONS.remove(String.valueOf(request.get("session"))); yield Map.of(); }
      default -> throw new IllegalArgumentException("There is no " + path);
    };
  }

  /** The first cause with a condition of Spark's; without one, the outermost words. */
  private static Object refusal(Throwable thrown, String id) {
    Operation operation = OPERATIONS.remove(id);
    Throwable cause = thrown;
    while (cause != null && !(cause instanceof SparkThrowable known && known.getCondition() != null)) cause = cause.getCause();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("canceled", operation != null && operation.canceled);
    out.put("message", String.valueOf((cause == null ? thrown : cause).getMessage()));
    if (cause instanceof SparkThrowable known) {
      out.put("condition", known.getCondition());
      out.put("sqlState", known.getSqlState());
    }
    return out;
  }

  private static void handle(SparkSession root, HttpExchange exchange) throws IOException {
    String id = "";
    int status = 200;
    Object answer;
    try {
      Map<?, ?> request = JSON.readValue(exchange.getRequestBody(), Map.class);
      id = String.valueOf(request.get("op"));
      answer = answer(root, exchange.getRequestURI().getPath(), request);
    } catch (Throwable thrown) {
      status = 400;
      answer = refusal(thrown, id);
    } finally {
      // The thread serves others next: neither an interrupt nor a job group may stay on it.
      Thread.interrupted();
      root.sparkContext().clearJobGroup();
    }
    byte[] bytes = JSON.writeValueAsBytes(answer);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /** Starts on a free port and prints `ready PORT`. Ends when its standard input ends: it never outlives whoever started it. */
  public static void main(String[] arguments) throws Exception {
    SparkSession root = SparkSession.builder().getOrCreate();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", exchange -> handle(root, exchange));
    server.start();
    System.out.println("ready " + server.getAddress().getPort());
    while (System.in.read() >= 0) {
      // Nothing is ever said here.
    }
    Runtime.getRuntime().halt(0);
  }
}
