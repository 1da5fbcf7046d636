using System.Globalization;
using System.Text;
using System.Text.Json;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage.Tools;

/// <summary>
/// A store as JSON lines. Each row is one line, with the name of its table and its columns; bytes are base64, NULL is omitted. The first line has the version
/// of the schema.
/// </summary>
internal static class StoreLines
{
    private const int TypeInteger = 1;

    /// <summary>Writes all tables, as one snapshot.</summary>
    public static void Write(SqliteConnection connection, int version, TextWriter output)
    {
        connection.Execute("BEGIN");
        output.Write($"{{\"table\":\"meta\",\"version\":{version}}}\n");
        using var buffer = new MemoryStream();
        foreach (var table in StoreTable.All)
        {
            var rows = connection.Prepare($"SELECT {table.List} FROM {table.Name}");
            while (rows.Step())
            {
                buffer.SetLength(0);
                using (var json = new Utf8JsonWriter(buffer))
                    WriteRow(json, table, rows);
                output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
                output.Write('\n');
            }
        }
    }

    /// <summary>Inserts the rows of all lines.</summary>
    /// <returns>How many.</returns>
    public static long Read(SqliteConnection connection, TextReader input, string name)
    {
        var inserts = StoreTable.All.ToDictionary(each => each.Name, each => (Table: each, Statement: connection.Prepare(each.Insert)));
        var rows = 0L;
        var number = 0;
        var isVersionKnown = false;
        while (input.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var json = JsonDocument.Parse(line);
                var row = json.RootElement;
                if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("table", out var named) || named.ValueKind != JsonValueKind.String)
                    throw new FormatException("this is not a row of export: it has no table name");
                var table = named.GetString()!;
                if (table == "meta")
                {
                    isVersionKnown = true;
                    if (!row.TryGetProperty("version", out var given) || given.ValueKind != JsonValueKind.Number || !given.TryGetInt32(out var version))
                        throw new FormatException("the row of meta has no version");
                    if (version != SqliteSchema.Version)
                        throw new FormatException($"schema {version} differs from schema {SqliteSchema.Version} of this program: export with this program");
                    continue;
                }
                if (!isVersionKnown)
                    throw new FormatException("the line with the version must be the first");
                var insert = inserts.TryGetValue(table, out var found) ? found : throw new FormatException($"there is no table {LogText.Escape(table)}");
                Insert(insert.Statement, insert.Table, row);
                rows++;
            }
            catch (JsonException error)
            {
                throw Wrong(name, number, string.Create(CultureInfo.InvariantCulture, $"this is not JSON, at byte {error.BytePositionInLine + 1}"), error);
            }
            catch (FormatException error)
            {
                throw Wrong(name, number, error.Message, error);
            }
            catch (InvalidOperationException error) // a text is not valid Unicode
            {
                throw Wrong(name, number, "a text is not Unicode", error);
            }
            catch (SqliteFailure error) when (error.IsConstraint)
            {
                throw Wrong(name, number, $"the row does not fit its table ({error.Message})", error);
            }
        }
        return isVersionKnown ? rows : throw new MqttStorageException($"{name} is empty: nothing was imported.");
    }

    private static MqttStorageException Wrong(string name, int line, string what, Exception cause) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}:{line}: {what}. Nothing was imported."), cause);

    private static void WriteRow(Utf8JsonWriter json, StoreTable table, SqliteStatement row)
    {
        json.WriteStartObject();
        json.WriteString("table", table.Name);
        for (var at = 0; at < table.Columns.Length; at++)
        {
            var column = table.Columns[at];
            if (row.IsNull(at))
                continue;
            if (table.Blobs.Contains(column))
                json.WriteBase64String(column, row.Blob(at));
            else if (row.TypeOf(at) == TypeInteger)
                json.WriteNumber(column, row.Long(at));
            else
                json.WriteString(column, row.Text(at));
        }
        json.WriteEndObject();
    }

    private static void Insert(SqliteStatement statement, StoreTable table, JsonElement row)
    {
        foreach (var property in row.EnumerateObject())
        {
            if (property.Name != "table" && !table.Columns.Contains(property.Name))
                throw new FormatException($"{table.Name} has no column {LogText.Escape(property.Name)}");
        }
        for (var at = 0; at < table.Columns.Length; at++)
        {
            var column = table.Columns[at];
            if (!row.TryGetProperty(column, out var value))
                statement.Null(at + 1);
            else if (table.Blobs.Contains(column))
                statement.Bind(at + 1, value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) ? bytes : throw Bad(column, "is not base64"));
            else if (value.ValueKind == JsonValueKind.Number)
                statement.Bind(at + 1, value.TryGetInt64(out var integer) ? integer : throw Bad(column, "is not an integer"));
            else
                statement.Bind(at + 1, value.ValueKind == JsonValueKind.String ? value.GetString() : throw Bad(column, "is neither a text nor a number"));
        }

        statement.Run();

        FormatException Bad(string column, string how) => new($"{column} of {table.Name} {how}");
    }
}
