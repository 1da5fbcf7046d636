using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
internal sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt handle) : IDisposable
{
    private const int OnStack = 512;

    // The user of a statement keeps it and its connection alive. Counting users at each call would cost more than most of these calls.
    private readonly nint _statement = handle.DangerousGetHandle();

    /// <summary>Binds a number.</summary>
    public SqliteStatement Bind(int parameter, long value)
    {
        Check(SqliteNative.sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds a number or NULL.</summary>
    public SqliteStatement Bind(int parameter, long? value) => value is { } set ? Bind(parameter, set) : Null(parameter);

    /// <summary>Binds text or NULL.</summary>
    public SqliteStatement Bind(int parameter, string? value)
    {
        if (value is null)
            return Null(parameter);
        if (value.Length <= OnStack / 3)
        {
            Span<byte> bytes = stackalloc byte[OnStack];
            Check(raw.sqlite3_bind_text(handle, parameter, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        }
        else
        {
            Check(raw.sqlite3_bind_text(handle, parameter, (ReadOnlySpan<byte>)Encoding.UTF8.GetBytes(value)));
        }
        return this;
    }

    /// <summary>Binds bytes; an empty value is not NULL.</summary>
    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, value));
        return this;
    }

    /// <summary>Binds bytes or NULL.</summary>
    public SqliteStatement Bind(int parameter, byte[]? value) => value is null ? Null(parameter) : Bind(parameter, value.AsSpan());

    /// <summary>Binds NULL.</summary>
    public SqliteStatement Null(int parameter)
    {
        Check(SqliteNative.sqlite3_bind_null(_statement, parameter));
        return this;
    }

    /// <summary>Moves to the next row.</summary>
    /// <returns>Whether there is one. If not, the statement can be bound again.</returns>
    public bool Step()
    {
        var code = SqliteNative.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code == raw.SQLITE_DONE)
        {
            _ = SqliteNative.sqlite3_reset(_statement);
            return false;
        }
        var failure = connection.Failure(code);
        _ = SqliteNative.sqlite3_reset(_statement);
        throw failure;
    }

    /// <summary>Runs it to its end.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Skips the remaining rows.</summary>
    public void Reset() => _ = SqliteNative.sqlite3_reset(_statement);

    /// <summary>A number of the row.</summary>
    public long Long(int column) => SqliteNative.sqlite3_column_int64(_statement, column);

    /// <summary>A number of the row that fits 32 bits.</summary>
    public int Int(int column) => SqliteNative.sqlite3_column_int(_statement, column);

    /// <summary>A text of the row; null for NULL.</summary>
    public string? Text(int column) => IsNull(column) ? null : raw.sqlite3_column_text(handle, column).utf8_to_string() ?? "";

    /// <summary>Bytes of the row, copied; null for NULL.</summary>
    public byte[]? Blob(int column) => IsNull(column) ? null : raw.sqlite3_column_blob(handle, column).ToArray();

    /// <summary>Bytes of the row, or of a text as UTF-8; valid until the next step. Empty for NULL.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        var bytes = SqliteNative.sqlite3_column_blob(_statement, column);
        return bytes == 0
            ? default
            : MemoryMarshal.CreateReadOnlySpan(
                ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), bytes), SqliteNative.sqlite3_column_bytes(_statement, column));
    }

    /// <summary>Whether a column of the row is NULL.</summary>
    public bool IsNull(int column) => SqliteNative.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>The type of a value in SQLite: INTEGER 1, FLOAT 2, TEXT 3, BLOB 4, NULL 5.</summary>
    public int TypeOf(int column) => SqliteNative.sqlite3_column_type(_statement, column);

    public void Dispose() => handle.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw connection.Failure(code);
    }
}
