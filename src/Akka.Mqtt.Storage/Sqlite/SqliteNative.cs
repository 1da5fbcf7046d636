using System.Runtime.InteropServices;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>
/// The functions of the library that SQLitePCLRaw loads that are called for each row and value, with the plain pointer of a statement. SQLitePCLRaw would
/// count the users of the handle in each call, which costs several times the work of SQLite itself.
/// </summary>
internal static class SqliteNative
{
    private const string Library = "e_sqlite3";

    [DllImport(Library, ExactSpelling = true)]
    public static extern int sqlite3_step(nint statement);

    [DllImport(Library, ExactSpelling = true)]
    public static extern int sqlite3_reset(nint statement);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern int sqlite3_bind_int64(nint statement, int parameter, long value);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern int sqlite3_bind_null(nint statement, int parameter);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern int sqlite3_column_type(nint statement, int column);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern int sqlite3_column_int(nint statement, int column);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern long sqlite3_column_int64(nint statement, int column);

    [DllImport(Library, ExactSpelling = true)]
    public static extern nint sqlite3_column_blob(nint statement, int column);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    public static extern int sqlite3_column_bytes(nint statement, int column);
}
