using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Tools;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>The files in which a mosquitto.conf with <c>persistence true</c> keeps sessions and retained messages.</summary>
/// <param name="Directory">The directory, <c>persistence_location</c>: here it is the data directory.</param>
/// <param name="File">The name of mosquitto's own file in it, <c>persistence_file</c>.</param>
internal sealed record MosquittoPersistence(string Directory, string File)
{
    private const string Importing = "importing";

    /// <summary>Reads it from a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The files; null without <c>persistence true</c>.</returns>
    /// <exception cref="CommandFailure">A value is invalid; the message names the line.</exception>
    public static MosquittoPersistence? Of(string path)
    {
        var (isOn, directory, file) = (false, ".", "mosquitto.db");
        foreach (var line in MosquittoFile.Read(path))
        {
            switch (line.Option)
            {
                case "persistence" or "retained_persistence":
                    isOn = MosquittoValues.Bool(line);
                    break;
                case "persistence_location":
                    directory = Text(line);
                    break;
                case "persistence_file":
                    file = Text(line);
                    break;
            }
        }
        return isOn ? new MosquittoPersistence(directory, file) : null;

        static string Text(MosquittoLine line) => line.Value.Length > 0 ? line.Value : throw line.Wrong("it has no value");
    }

    /// <summary>
    /// Imports the data of mosquitto, if this server has not written anything there yet. All of it is imported, or none; after an interrupted start the
    /// import starts again.
    /// </summary>
    /// <returns>A line about the import; null for none.</returns>
    /// <exception cref="CommandFailure">The directory cannot be written to.</exception>
    /// <exception cref="MqttStorageException">mosquitto's file cannot be read.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)] // loads the assemblies of the storage
    public async Task<string?> ImportOnceAsync()
    {
        var from = Path.Combine(Directory, File);
        var store = Path.Combine(Directory, SqliteFiles.DatabaseName);
        if (System.IO.File.Exists(store) || !System.IO.File.Exists(from))
            return null;
        var database = MosquittoDatabase.Read(from);
        var temporary = Path.Combine(Directory, Importing);
        try
        {
            if (System.IO.Directory.Exists(temporary))
                System.IO.Directory.Delete(temporary, recursive: true);
            var report = await MosquittoImport.RunAsync(database, new SqliteStorage(temporary), TimeProvider.System).ConfigureAwait(false);
            System.IO.File.Move(Path.Combine(temporary, SqliteFiles.DatabaseName), store);
            System.IO.Directory.Delete(temporary, recursive: true);
            return $"{from} was imported into {store}: {string.Join(", ", report)}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"{from} cannot be imported: {error.Message}");
        }
    }
}
