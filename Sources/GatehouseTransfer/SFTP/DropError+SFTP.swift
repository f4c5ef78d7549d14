// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl

extension DropError {
    /// What libcurl's code means for a file on an SFTP server (libcurl-errors(3)); nil for success.
    ///
    /// Its own words are left out: they name the file and the folder.
    init?(sftp result: CURLcode) {
        switch result {
        case CURLE_OK: return nil
        case CURLE_COULDNT_RESOLVE_HOST: self.init(.unreachable, "the SFTP server's name cannot be resolved")
        case CURLE_COULDNT_CONNECT: self.init(.unreachable, "cannot connect to the SFTP server")
        case CURLE_PEER_FAILED_VERIFICATION:
            self.init(.notTrusted, "the SFTP server's host key is not the pinned one")
        case CURLE_LOGIN_DENIED:
            self.init(.wrongCredentials, "the SFTP server does not accept the account's password or key")
        case CURLE_OPERATION_TIMEDOUT: self.init(.timedOut, "the SFTP server took too long")
        case CURLE_REMOTE_DISK_FULL: self.init(.failed, "the SFTP server's disk is full")
        case CURLE_REMOTE_ACCESS_DENIED:
            self.init(.refused, "the SFTP server does not allow this account to write into the folder")
        case CURLE_REMOTE_FILE_NOT_FOUND: self.init(.refused, "the SFTP server has no such folder")
        case CURLE_QUOTE_ERROR: self.init(.failed, "the SFTP server did not rename or remove the file")
        case CURLE_OUT_OF_MEMORY: self.init(.unavailable, "memory is short")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING:
            self.init(.failed, "the SFTP server did not take the file, or closed the connection")
        case CURLE_UPLOAD_FAILED: self.init(.failed, "the SFTP server did not take the file")
        case CURLE_FAILED_INIT:
            self.init(.failed, "no SSH session with the SFTP server; libssh2 may know none of its kinds of host key")
        case CURLE_SSH:
            self.init(.failed, "the SFTP server failed; its disk may be full, or its file system not writable")
        default: self.init(.failed, "SFTP failed (libcurl's error \(result.rawValue))")
        }
    }
}
