using System.Buffers.Binary;
using System.Globalization;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The files of a data directory, and the lock that keeps other processes out.</summary>
internal static class SqliteFiles
{
    /// <summary>The database in the directory.</summary>
    public const string DatabaseName = "akka-mqtt.db";

    /// <summary>The length of the header of each database, in bytes.</summary>
    public const int HeaderLength = 100;

    private const string LockName = "lock";
    private const string HolderName = "pid";

    /// <summary>The database of a directory.</summary>
    public static string DatabaseOf(string directory) => Path.Combine(directory, DatabaseName);

    /// <summary>The database of a directory that must have one.</summary>
    /// <exception cref="MqttStorageException">The directory does not exist, or has no database; the message says which.</exception>
    public static string FindDatabase(string directory)
    {
        RefuseNameless(directory);
        var path = DatabaseOf(directory);
        if (File.Exists(path))
            return path;
        if (File.Exists(directory))
            throw new MqttStorageException($"{directory} is a file: give the data directory that it is in.");
        if (Directory.Exists(path))
            throw new MqttStorageException($"{path} is a directory, not a database: {directory} is not a data directory.");
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
        throw new MqttStorageException($"{directory} has no {DatabaseName}: it is not a data directory.");
    }

    /// <summary>Creates the directory, and takes its lock.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="mayCreate">Whether it is created if it does not exist.</param>
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

    /// <summary>The files and directories of a data directory that do not exist yet, so that a failed import can delete those that it created.</summary>
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

    /// <summary>Deletes the files that <see cref="Missing"/> returned, and a database that was created since then. The lock is held.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="missing">The result of <see cref="Missing"/>.</param>
    /// <param name="hadDatabase">Whether a database existed when the lock was taken.</param>
    public static void DeleteNew(string directory, (IReadOnlyList<string> Files, IReadOnlyList<string> Directories) missing, bool hadDatabase)
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
            // The user must see the first error.
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
    /// Checks that the file has as many pages as its header says. SQLite finds other damage when it reads the file.
    /// </summary>
    /// <param name="directory">The directory.</param>
    public static void CheckLength(string directory) => CheckLength(DatabaseOf(directory), Damaged);

    /// <summary>See <see cref="CheckLength(string)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Creates the exception for a damaged file.</param>
    public static void CheckLength(string path, Func<string, string, MqttStorageException> damaged)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return;
        Span<byte> header = stackalloc byte[HeaderLength];
        using (var stream = OpenFile(path))
        {
            if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header.StartsWith("SQLite format 3\0"u8))
                throw damaged(path, "it does not begin like an SQLite file");
        }
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[16..]) is var size && size == 1 ? 65536 : size;
        var isValid = BinaryPrimitives.ReadUInt32BigEndian(header[24..]) == BinaryPrimitives.ReadUInt32BigEndian(header[92..]);
        var pages = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        if (isValid && file.Length < pages * (long)pageSize && !new FileInfo(path + "-wal").Exists)
            throw damaged(path, $"it has {file.Length} bytes, and its header says {pages * (long)pageSize}");
    }

    /// <summary>The exception for a database that cannot be read.</summary>
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

    // A separate file, because a locked one cannot be read. It only improves an error message, so errors such as a full disk are ignored.
    private static void WriteHolder(string directory)
    {
        try
        {
            File.WriteAllText(Path.Combine(directory, HolderName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The lock is what counts. Without this file, the error of a refused process does not name the holder.
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
