namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>SQLite refused a call.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception(message)
{
    /// <summary>The code of a damaged file.</summary>
    public const int Damage = Corrupt;

    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int Constraint = 19;
    private const int NotADatabase = 26;

    // The index of the log, which is a file in shared memory, cannot grow: SQLite gives it this extended code of IoError where there is no room.
    private const int NoRoomForIndex = IoError | (19 << 8);

    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    /// <summary>Whether the file is damaged.</summary>
    public bool IsDamage => Primary is Corrupt or NotADatabase;

    /// <summary>Whether another connection has locked the file.</summary>
    public bool IsBusy => Primary == Busy;

    /// <summary>Whether a constraint of the table was violated.</summary>
    public bool IsConstraint => Primary == Constraint;

    /// <summary>Whether the disk is full.</summary>
    public bool IsFull => Primary == Full || Code == NoRoomForIndex;

    private int Primary => Code & 0xff;

    /// <summary>The cause, and what to do.</summary>
    public string Explain() => Primary switch
    {
        _ when IsFull => "the disk is full: make room.",
        Corrupt or NotADatabase => $"the database is damaged ({Message}): stop the server and run \"akka-mqtt store recover\".",
        ReadOnly => "the directory or a file in it cannot be written: check rights and mount options.",
        IoError => $"the disk fails ({Message}, code {Code}): look at the system's log.",
        CannotOpen => "the database file cannot be opened: check rights of the directory and of its files.",
        Busy => "another program holds the database locked: end its transaction.",
        _ => $"SQLite says {Message} (code {Code}).",
    };
}
