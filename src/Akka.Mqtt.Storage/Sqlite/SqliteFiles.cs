using System.Buffers.Binary;
using System.Globalization;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The files of a data directory, and the lock that holds other processes off.</summary>
internal static class SqliteFiles
{
    /// <summary>The database in the directory.</summary>
    public const string DatabaseName = "akka-mqtt.db";

    /// <summary>Bytes that each database begins with.</summary>
    public const int HeaderLength = 100;

    private const string LockName = "lock";
    private const string HolderName = "pid";

    /// <summary>The database of a directory.</summary>
    public static string DatabaseOf(string directory) => Path.Combine(directory, DatabaseName);

    /// <summary>The database of a directory that must have one.</summary>
    /// <exception cref="MqttStorageException">There is no such directory, or it has no database; the message says which.</exception>
    public static string FindDatabase(string directory)
    {
        RefuseNameless(directory);
        var path = DatabaseOf(directory);
        if (File.Exists(path))
            return path;
        if (File.Exists(directory))
            throw new MqttStorageException($"{directory} is a file: give the data directory that it is in.");
        if (Directory.Exists(path))
            throw new MqttStorageException($"{path} is a directory, not a database: {directory} is no data directory.");
        if (!Directory.Exists(directory))
            throw new MqttStorageException($"{directory} does not exist.");
        try
        {
            _ = Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MqttStorageException($"{directory} cannot be read: check its rights.", error);
        }
        throw new MqttStorageException($"{directory} has no {DatabaseName}: it is no data directory.");
    }

    /// <summary>Makes the directory, and takes its lock.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="mayCreate">Whether it is made when there is none.</param>
    /// <returns>The lock, until it is disposed of.</returns>
    public static FileStream Lock(string directory, bool mayCreate)
    {
        RefuseNameless(directory);
        if (!mayCreate)
            FindDatabase(directory);
        else if (File.Exists(directory))
            throw new MqttStorageException($"{directory} is a file: give a directory.");
        try
        {
            Directory.CreateDirectory(directory);
            var path = Path.Combine(directory, LockName);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            WriteHolder(directory);
            return file;
        }
        catch (IOException) when (Holder(directory) is { } holder)
        {
            throw new MqttStorageException($"{directory} is used by process {holder}: stop it, or choose another directory.");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new MqttStorageException($"{directory} cannot be written: check its rights.", error);
        }
        catch (IOException error)
        {
            throw new MqttStorageException($"{directory} cannot be used: {error.Message}", error);
        }
    }

    /// <summary>The files and directories of a data directory that are not there, so that a failed import can take away what it made.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>Files first, then directories from the inside out.</returns>
    public static (IReadOnlyList<string> Files, IReadOnlyList<string> Directories) Missing(string directory)
    {
        RefuseNameless(directory);
        List<string> directories = [];
        for (var at = Path.GetFullPath(directory); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            directories.Add(at);
        return ([.. new[] { HolderName, LockName }.Select(each => Path.Combine(directory, each)).Where(each => !File.Exists(each))], directories);
    }

    /// <summary>Takes away what <see cref="Missing"/> said was not there, and a database that was made since. The lock is held.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="missing">The answer of <see cref="Missing"/>.</param>
    /// <param name="hadDatabase">Whether there was a database when the lock was taken.</param>
    public static void TakeAway(string directory, (IReadOnlyList<string> Files, IReadOnlyList<string> Directories) missing, bool hadDatabase)
    {
        try
        {
            if (!hadDatabase)
                DeleteDatabase(directory);
            foreach (var file in missing.Files)
                File.Delete(file);
            foreach (var each in missing.Directories)
                Directory.Delete(each);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The user must learn what was wrong before.
        }
    }

    private static void DeleteDatabase(string directory)
    {
        foreach (var ending in (string[])["", "-wal", "-shm"])
            File.Delete(DatabaseOf(directory) + ending);
    }

    private static void RefuseNameless(string directory)
    {
        if (string.IsNullOrWhiteSpace(directory))
            throw new MqttStorageException("the name of the data directory is empty.");
    }

    /// <summary>
    /// Looks whether the file has the pages that its header promises. SQLite finds the rest of what can be wrong when it reads it.
    /// </summary>
    /// <param name="directory">The directory.</param>
    public static void CheckLength(string directory) => CheckLength(DatabaseOf(directory), Damaged);

    /// <summary>See <see cref="CheckLength(string)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Says that the file is damaged.</param>
    public static void CheckLength(string path, Func<string, string, MqttStorageException> damaged)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return;
        Span<byte> header = stackalloc byte[HeaderLength];
        using (var stream = OpenFile(path))
        {
            if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header.StartsWith("SQLite format 3\0"u8))
                throw damaged(path, "it does not begin as an SQLite file does");
        }
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[16..]) is var size && size == 1 ? 65536 : size;
        var isValid = BinaryPrimitives.ReadUInt32BigEndian(header[24..]) == BinaryPrimitives.ReadUInt32BigEndian(header[92..]);
        var pages = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        if (isValid && file.Length < pages * (long)pageSize && !new FileInfo(path + "-wal").Exists)
            throw damaged(path, $"it has {file.Length} bytes, and its header says {pages * (long)pageSize}");
    }

    /// <summary>What is said of a database that cannot be read.</summary>
    public static MqttStorageException Damaged(string path, string what) =>
        new($"{path} is damaged: {what}. Run \"akka-mqtt store check\", then \"akka-mqtt store recover\" with its directory.");

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MqttStorageException($"{path} cannot be read: check rights of the directory and of its files.", error);
        }
    }

    // A file of its own: nobody can read one that is locked. It only makes a message better, so a full disk refuses nobody.
    private static void WriteHolder(string directory)
    {
        try
        {
            File.WriteAllText(Path.Combine(directory, HolderName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The lock counts. Without this file the refused process is not told who has it.
        }
    }

    private static string? Holder(string directory)
    {
        try
        {
            return File.Exists(Path.Combine(directory, LockName)) ? File.ReadAllText(Path.Combine(directory, HolderName)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
